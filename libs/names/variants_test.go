package names_test

import (
	"testing"

	"github.com/counterfoil/counterfoil/libs/names"
)

// variants are other ways to write names on the lists, written by hand; the name on the list is beside each.
var variants = []struct{ id, variant string }{
	// another romanisation
	{"sdn:8279", "Victor Anatolyevich But"},                     // BOUT, Viktor Anatolijevitch
	{"sdn:23343", "Ramsan Achmatowitsch Kadyrow"},               // KADYROV, Ramzan Akhmatovich
	{"sdn:24283", "Oleg Wladimirowitsch Deripaska"},             // DERIPASKA, Oleg Vladimirovich
	{"sdn:24306", "Wiktor Feliksowitsch Wekselberg"},            // VEKSELBERG, Viktor Feliksovich
	{"sdn:16666", "Gennadij Timtschenko"},                       // TIMCHENKO, Gennady
	{"sdn:16672", "Yevgeny Viktorovitch Bushmin"},               // BUSHMIN, Evgeni Viktorovich
	{"sdn:10481", "Ghasem Soleymani"},                           // SOLEIMANI, Qasem
	{"sdn:12606", "Moammar Gaddafi"},                            // QADHAFI, Muammar
	{"sdn:12608", "Seif al Islam Kadhafi"},                      // QADHAFI, Saif al-Islam
	{"sdn:4697", "Hezbollah"},                                   // HIZBALLAH
	{"sdn:11462", "Kataeb Hezbollah"},                           // KATA'IB HIZBALLAH
	{"sdn:6636", "Taleban"},                                     // TALIBAN
	{"un:IRi.026", "Muhammed Riza Naghdi"},                      // MOHAMMAD REZA NAQDI
	{"un:QDi.291", "Ebrahim Hasan Taali al Asiri"},              // IBRAHIM HASSAN TALI AL-ASIRI
	{"un:QDi.063", "Mokhtar Bushusha ben Mohammed ben Mokhtar"}, // AL-MOKHTAR BEN MOHAMED BEN AL-MOKHTAR BOUCHOUCHA
	{"un:IQi.003", "Udai Sadam Hussain Al Tikriti"},             // UDAY SADDAM HUSSEIN AL-TIKRITI
	{"un:LYi.002", "Abd al-Qadir Yousef Dibri"},                 // ABDULQADER YUSEF DIBRI
	{"un:QDi.283", "Anwar al-Awlaki"},                           // ANWAR NASSER ABDULLA AL-AULAQI
	// Cyrillic
	{"un:QDi.365", "Ахмед Чатаев"},               // AKHMED RAJAPOVICH CHATAEV
	{"sdn:8279", "Виктор Анатольевич Бут"},       // BOUT, Viktor Anatolijevitch
	{"sdn:16680", "Юрий Валентинович Ковальчук"}, // KOVALCHUK, Yuri Valentinovich
	{"sdn:16911", "ОАО Концерн Калашников"},      // KALASHNIKOV CONCERN
	{"sdn:23343", "Рамзан Кадыров"},              // KADYROV, Ramzan Akhmatovich
	{"sdn:16865", "АО «Концерн Алмаз-Антей»"},    // JOINT-STOCK COMPANY CONCERN ALMAZ-ANTEY
	// Arabic script
	{"un:QDi.292", "عثمان احمد الغامدي"},     // OTHMAN AHMED OTHMAN AL-GHAMDI
	{"un:TAi.063", "محمد أعظم علمي"},         // MOHAMMAD AZAM ELMI
	{"sdn:10481", "قاسم سليماني"},            // SOLEIMANI, Qasem
	{"un:IQi.061", "علي صدام حسين التكريتي"}, // ALI SADDAM HUSSEIN AL-TIKRITI
	{"un:QDi.188", "فيصل بوغانمي"},           // FAYCAL BOUGHANEMI
	// order of words
	{"un:IQi.015", "al-Tikriti Tilfah, Rafi Abdul-Latif"}, // RAFI ABD-AL-LATIF TILFAH AL-TIKRITI
	{"un:CDi.010", "Mbarushimana, Callixte"},              // CALLIXTE MBARUSHIMANA
	{"sdn:15018", "Jorge Guillermo González Cárdenas"},    // GONZALEZ CARDENAS, Jorge Guillermo
	{"un:QDe.071", "Islamic Foundation Al Haramain"},      // AL-HARAMAIN ISLAMIC FOUNDATION
	// initials
	{"sdn:8279", "V. A. Bout"},             // BOUT, Viktor Anatolijevitch
	{"un:QDi.410", "S. D. Crawford"},       // SHANE DOMINIC CRAWFORD
	{"sdn:7311", "John J. Mendez Salazar"}, // MENDEZ SALAZAR, John Jairo
	{"sdn:1572", "Manuel A. Noriega"},      // NORIEGA, Manuel Antonio
	// slips of the pen
	{"un:CDi.018", "Jules Mutebusti"},                              // JULES MUTEBUTSI
	{"un:QDi.241", "Angelo Ramierz Trinidad"},                      // ANGELO RAMIREZ TRINIDAD
	{"un:KPe.004", "Namchongnag Tradng Corporation"},               // NAMCHONGANG TRADING CORPORATION
	{"sdn:8373", "Investcast Precision Castings"},                  // INVESTACAST PRECISION CASTINGS, LTD.
	{"sdn:17769", "Wonderlnd Amusement Park & Resort"},             // WONDERLAND AMUSEMENT PARK AND RESORT LTD
	{"un:KPe.050", "Mansudae Oversea Projects Group of Companies"}, // MANSUDAE OVERSEAS PROJECT GROUP OF COMPANIES
	// joined and split words
	{"sdn:36", "Aero Caribbean Airlines"},                      // AEROCARIBBEAN AIRLINES
	{"sdn:10761", "Al Shabab"},                                 // AL-SHABAAB
	{"un:QDe.138", "Jamaatu Ahli Sunna Lidda Awati Wal Jihad"}, // JAMA'ATU AHLIS SUNNA LIDDA'AWATI WAL-JIHAD
	{"sdn:12927", "Mahanair"},                                  // MAHAN AIR
	{"sdn:18338", "Blueway"},                                   // BLUE WAY
	// legal form
	{"sdn:18334", "Green Shipping LLC"},                               // GREEN SHIPPING LTD.
	{"sdn:24683", "Yamaki Kabushiki Kaisha"},                          // YAMAKI, K.K.
	{"sdn:11840", "Cárdenas Duarte y Compañía Limitada"},              // CARDENAS DUARTE Y CIA. LTDA.
	{"sdn:24203", "NPV Engineering OAO"},                              // NPV ENGINEERING OPEN JOINT STOCK COMPANY
	{"sdn:12972", "Santa María International Trading S.A."},           // SANTA MARIA INTERNATIONAL TRADING CORP.
	{"sdn:23175", "Dandong Ke Hua Economy and Trade Company Limited"}, // DANDONG KEHUA ECONOMY & TRADE CO., LTD.
	{"un:IRe.004", "Ammunition & Metallurgy Industries Group"},        // AMMUNITION AND METALLURGY INDUSTRIES GROUP (AMIG)
}

func TestVariantsAreFound(t *testing.T) {
	x := index(t)
	byID := map[string][]string{}
	for _, l := range lists(t) {
		byID[l.id] = append(byID[l.id], l.name)
	}
	for _, v := range variants {
		if h := found(x.Search(v.variant), v.id); h.Match.Score >= names.ReviewLine {
			continue
		}
		best, match := "", names.Match{}
		for _, name := range byID[v.id] {
			if m := names.Compare(names.Parse(v.variant), names.Parse(name)); m.Score > match.Score {
				best, match = name, m
			}
		}
		t.Errorf("%q does not find %s; its nearest name is %q at %.3f: %+v", v.variant, v.id, best, match.Score, match.Pairs)
	}
}
