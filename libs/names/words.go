package names

import "strings"

// set reads a table of words.
func set(lists ...string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(strings.Join(lists, " ")) {
		m[w] = true
	}
	return m
}

// legalForms are words that say how a body is constituted, as they read after transliteration.
var legalForms = set(
	// English-speaking countries
	"ltd limited llc llp lp plc inc incorporated incorporation corp corporation co company companies cos pllc pc ulc lllp pty proprietary liability joint stock pvt private public",
	// German, Dutch, Nordic
	"gmbh ag kg kgaa ohg ug ev mbh gesellschaft bv nv vof cv ab oy oyj asa aps as hf ehf aktiengesellschaft beschrankter haftung",
	// Romance languages
	"sa ca sarl sas sasu sl slu sau srl spa snc sca scs eurl eirl ltda limitada cia sociedad anonima sociedade societe anonyme compagnie compania responsabilidad societa rl saic sac sapi cpt scrl sprl",
	// Central and eastern Europe
	"doo dd ad dooel zoo sp spolka zrt kft rt nyrt bt sro as eood ood ead oao zao ooo pao ao too tov zat vat pat nao fgup gup pjsc ojsc cjsc jsc aozt otkrytoe zakrytoe publichnoe aktsionernoe obshchestvo ogranichennoi ogranichennoy otvetstvennostiu otvetstvennostyu otvetstvennost uab sia ou kd",
	// Middle East, Asia
	"fze fzc fzco fzllc est wll bsc saog saoc ksc kscc pjs sal kk kabushiki kaisha yk gk bhd sdn tbk pt cv tic ltdsti sti sirketi anonim as ve youxian gongsi")

// generics are words of many businesses, which alone tell none from another.
var generics = set(
	"trading trade traders trader general international internacional internationale internazionale intl global world worldwide universal group groupe grupo gruppa gruppe holding holdings industries industry industrial industria industrias export exports exporters import imports importers impex shipping marine maritime logistics logistic transport transportation transportes transportadora services service servicios servicos enterprise enterprises establishment establishments associates associated association partners partnership brothers bros sons",
	"commercial comercial commerce comercio comercializadora company business development investment investments inversiones invest capital finance financial bank banco banque management consulting consultants consultancy solutions systems system technology technologies tech engineering engineers construction constructions contracting contractors contractor building materials equipment supply supplies supplier suppliers products production manufacturing manufacturers factory works project projects office agency agencies center centre center centro institute foundation fundacion organization organisation committee union cooperative",
	"oil gas petroleum energy power electric electrical electronics electronic metal metals steel mining minerals chemical chemicals pharmaceutical pharma medical textile textiles food foods agro agricultural agriculture farm ganaderia hotel hotels travel tours tourism airlines airline airways aviation air aero aerospace freight cargo forwarding auto motors motor cars machinery machine tools computer computers software telecom communications media insurance exchange money security defence defense military real estate properties property inmobiliaria constructora distribuidora distribution distributors marketing sales retail store stores market",
	"abd new national state central east eastern west western north northern south southern middle first united federal royal republic government ministry department branch")

// particles are articles, prepositions and words of kinship, which registers write or leave out as they please.
var particles = set(
	"al el ul ad ash an ar as at az il il ibn bin ben bint binti umm abu abou abi ould wuld ag ait ye ur",
	"de del della delle di da das do dos du des la le les los las lo van von der den het ter ten zu zum zur et und and the of for in to on bei av af og och na za po iz",
	"mr mrs ms dr sheikh shaykh shaikh sheik haji hajji hajj mullah mulla maulavi mawlawi maulawi sayyid sayed seyed seyyed syed mv mt ss")

// abdForms begin the many names that mean "servant of the", however they are joined to what follows.
var abdForms = []string{"abdoul", "abdul", "abdel", "abdal", "abdol", "abdur", "abdus", "abdun", "abdud"}

// spellings are the romanisations of the commonest given names, by the sound that stands for all of them. Half of the
// letters differ between some, so that no measure of letters would tell them from other names.
var spellings = func() map[string]string {
	m := map[string]string{}
	for sound, texts := range map[string]string{
		"mohamed": "mohammed mohammad mohamed mohamad muhammad muhammed muhamad muhamed mohamet mahomed mohd muhd mukhammad magomed",
		"ahmed":   "ahmed ahmad ahmet akhmed akhmad akhmet achmed achmad",
		"husen":   "hussein hussain husayn husain husein hosein hossein hossain hussayn huseyin hoseyn khusein",
	} {
		for _, text := range strings.Fields(texts) {
			m[text] = sound
		}
	}
	return m
}()

// acronyms of two letters that are written with and without full stops and are no initials of a person.
var acronyms = set("us uk un eu")
