package field

import (
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/counterfoil/counterfoil/libs/plain"
	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/services/console/web"
)

// codes are those of a list, each named by the message "code.CODE".
func codes(list refdata.List) []option {
	var all []option
	for _, c := range refdata.Codes(list).Codes {
		all = append(all, option{Value: c.Code, Key: "code." + c.Code, Shown: list == refdata.Discrepancies || list == refdata.Indicators})
	}
	return all
}

// valuesOf are values that the contract names, each by the message "code.VALUE".
func valuesOf(values ...string) []option {
	var all []option
	for _, w := range values {
		all = append(all, option{Value: w, Key: "code." + w})
	}
	return all
}

// enum are the values of an enum but its zero, by the messages that name them; except leaves some out.
func enum(of protoreflect.Enum, except ...protoreflect.EnumNumber) (all []option) {
	for i := range of.Descriptor().Values().Len() {
		n := of.Descriptor().Values().Get(i).Number()
		leave := n == 0
		for _, e := range except {
			leave = leave || n == e
		}
		if leave {
			continue
		}
		one := of.Type().New(n)
		all = append(all, option{Value: plain.Enum(one), Key: web.EnumKey(one)})
	}
	return all
}

// number is the value of an enum that was chosen by its name; zero for none of them.
func number(of protoreflect.Enum, name string) protoreflect.EnumNumber {
	for i := range of.Descriptor().Values().Len() {
		n := of.Descriptor().Values().Get(i).Number()
		if n != 0 && plain.Enum(of.Type().New(n)) == name {
			return n
		}
	}
	return 0
}
