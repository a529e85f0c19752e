package names_test

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// Parts of ordinary company names. None was taken from a list.
var (
	surnames = strings.Fields(`Smith Jones Taylor Brown Walker Wright Robinson Thompson Hughes Edwards Clarke Cooper Bennett Murphy Kelly Byrne
		Mueller Schmidt Schneider Fischer Weber Wagner Becker Hoffmann Schulz Koch Bauer Richter Klein Wolf Schroeder Neumann Braun Zimmermann
		Martin Bernard Dubois Thomas Petit Durand Leroy Moreau Simon Laurent Lefebvre Michel Roux Fournier Girard Mercier Blanchard
		Rossi Russo Ferrari Bianchi Romano Colombo Ricci Marino Greco Conti Esposito Gallo Costa Fontana Mancini Lombardi Moretti
		Garcia Fernandez Gonzalez Rodriguez Lopez Martinez Sanchez Perez Gomez Jimenez Ruiz Hernandez Diaz Moreno Alvarez Romero Navarro Torres
		Silva Santos Oliveira Souza Pereira Lima Carvalho Almeida Ribeiro Barbosa Rocha Dias Nunes Teixeira
		Jansen Visser Smit Meijer Bakker Dekker Mulder Vermeulen Peeters Maes Claes Willems Mertens
		Andersson Johansson Karlsson Nilsson Eriksson Larsson Olsen Hansen Jensen Nielsen Virtanen Korhonen Nieminen
		Nowak Kowalski Wisniewski Lewandowski Zielinski Novak Svoboda Dvorak Horvat Kovacs Szabo Nagy Popescu Ionescu Petrov Ivanov Sidorov
		Smirnov Kuznetsov Volkov Morozov Kozlov Lebedev Sokolov Shevchenko Kovalenko Bondarenko Dimitrov Georgiev Papadopoulos Nikolaidis
		Yilmaz Kaya Demir Celik Sahin Yildiz Arslan Dogan Hassan Hussein Ahmed Ali Mahmoud Ibrahim Mansour Khalil Haddad Khoury Nasser Saleh
		Rahman Khan Malik Chaudhry Sharma Patel Gupta Singh Mehta Reddy Nair Iyer Das Banerjee Tanaka Suzuki Sato Watanabe Yamamoto Nakamura
		Kim Lee Park Choi Jung Wang Li Zhang Chen Liu Yang Huang Zhao Nguyen Tran Pham Wijaya Santoso Okafor Adeyemi Mensah Mwangi Otieno Dlamini`)
	givenNames = strings.Fields(`John Peter Maria Anna Carlos Jose Ahmed Mohamed Ali Omar Fatima Ivan Sergei Olga Elena Giovanni Luca Hans Klaus
		Pierre Jean Sophie Erik Lars Mehmet Ayse Rajesh Sanjay Wei Hiroshi David Michael Daniel Samuel George`)
	places = strings.Fields(`London Berlin Hamburg Munich Vienna Zurich Geneva Paris Lyon Marseille Madrid Valencia Lisbon Porto Milan Torino Roma Napoli
		Amsterdam Rotterdam Antwerp Oslo Bergen Stockholm Malmo Helsinki Warsaw Krakow Prague Budapest Bucharest Sofia Athens Istanbul Ankara Izmir
		Kiev Moscow Riga Vilnius Tallinn Dubai Sharjah Doha Muscat Kuwait Amman Beirut Cairo Alexandria Tunis Casablanca Lagos Nairobi Accra
		Mumbai Delhi Chennai Karachi Lahore Dhaka Colombo Bangkok Jakarta Manila Singapore Shanghai Guangzhou Shenzhen Taipei Seoul Busan Osaka Tokyo
		Toronto Texas Florida Ohio Nevada Bogota Lima Quito Santiago Panama Cordoba Atlantic Pacific Baltic Nordic Alpine Mediterranean Caspian Gulf
		Andes Sahara Danube Rhine Volga Nile Orient Levant Asia Africa Europa America Arabian Iberia Balkan`)
	coined = strings.Fields(`Techno Star Golden Silver Blue Green Red Sun Moon Sky Ocean River Mountain Eagle Falcon Lion Tiger Phoenix Alpha Beta
		Delta Omega Sigma Prime Apex Summit Vertex Nova Orion Atlas Titan Phoenix Crystal Diamond Royal Imperial Victory Fortune Crown Unity Liberty
		Horizon Vision Future Smart Rapid Swift Micro Mega Ultra Inter Trans Euro Agro Petro Hydro Electro Medi Bio Eco Aqua Terra Solar Nuri Baraka
		Amal Salam Nour Rawda Zahra Hilal Najm Shams Bahar Gulzar Dunya Zvezda Vostok Sever Mir Rassvet Almaz Estrella Sol Luna Norte Aurora Fenix
		Etoile Soleil Lumiere Stern Sonne Adler Falke Blitz Kraft Werk Dragon Jade Lotus Pearl Harmony Prosper`)
	trades = strings.Fields(`Trading General International Group Industries Import Export Shipping Logistics Services Construction Engineering
		Electronics Textiles Foods Motors Travel Pharma Medical Chemicals Plastics Paper Packaging Furniture Ceramics Optics Instruments Bearings
		Tools Machinery Hydraulics Valves Pumps Cables Batteries Lighting Glass Timber Leather Garments Carpets Jewellery Printing Publishing
		Catering Bakery Fisheries Seeds Fertilizers Tractors Bicycles Boats Yachts Aviation Drones Security Consulting Software Telecom Media
		Design Interiors Cleaning Recycling Waste Water Irrigation Mining Quarry Marble Granite Steel Aluminium Castings Forging Welding Tyres`)
	forms = []string{"Ltd", "Limited", "LLC", "GmbH", "AG", "KG", "S.A.", "SARL", "S.r.l.", "SpA", "B.V.", "N.V.", "AB", "A/S", "Oy", "Sp. z o.o.", "s.r.o.",
		"OOO", "ZAO", "Kft", "d.o.o.", "Co.", "Co. Ltd", "Inc.", "Corp.", "PLC", "FZE", "WLL", "Est.", "Pvt Ltd", "Ltda", "S.A. de C.V.", "Pte Ltd", "Sdn Bhd", "A.S.", ""}
)

// companies composes plausible names of companies, always the same.
func companies(n int) []string {
	r := rand.New(rand.NewPCG(2019, 1))
	pick := func(from []string) string { return from[r.IntN(len(from))] }
	shapes := []func() []string{
		func() []string { return []string{pick(surnames), pick(trades)} },
		func() []string { return []string{pick(surnames), "&", pick(surnames), pick(trades)} },
		func() []string { return []string{pick(surnames), pick(trades), pick(trades)} },
		func() []string { return []string{pick(places), pick(trades)} },
		func() []string { return []string{pick(places), pick(trades), pick(trades)} },
		func() []string { return []string{pick(coined), pick(trades)} },
		func() []string { return []string{pick(coined), pick(coined), pick(trades)} },
		func() []string { return []string{pick(coined), pick(places), pick(trades)} },
		func() []string { return []string{pick(surnames), pick(places), pick(trades)} },
		func() []string { return []string{pick(givenNames), pick(surnames), pick(trades)} },
		func() []string { return []string{pick(surnames), "Brothers", pick(trades)} },
		func() []string { return []string{"Al", pick(coined), pick(trades)} },
		func() []string { return []string{pick(coined) + strings.ToLower(pick(trades))} },
		func() []string { return []string{pick(surnames) + strings.ToLower(pick(coined)), pick(trades)} },
	}
	seen := map[string]bool{}
	var all []string
	for len(all) < n {
		name := strings.TrimSpace(strings.Join(append(shapes[r.IntN(len(shapes))](), pick(forms)), " "))
		if !seen[name] {
			seen[name] = true
			all = append(all, name)
		}
	}
	return all
}

func TestOrdinaryCompaniesAreLeftAlone(t *testing.T) {
	t.Parallel()
	x := index(t)
	all := companies(25000)
	hits := 0
	for _, name := range all {
		if h := x.Search(name); len(h) > 0 {
			hits++
			t.Logf("%q: %s %q %.3f", name, h[0].ID, h[0].Name, h[0].Match.Score)
		}
	}
	t.Logf("%d of %d raise a hit: %.2f per thousand", hits, len(all), 1000*float64(hits)/float64(len(all)))
	if hits*1000 > len(all) {
		t.Errorf("%d of %d raise a hit: more than one in a thousand", hits, len(all))
	}
}
