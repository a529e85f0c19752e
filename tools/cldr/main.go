// Command cldr takes the names of countries out of the npm package cldr-localenames-full, for libs/render.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/counterfoil/counterfoil/libs/refdata"
	"github.com/counterfoil/counterfoil/libs/render"
)

func main() {
	from := flag.String("from", "", "folder of the unpacked package")
	to := flag.String("to", "libs/render/countries", "folder to write to")
	flag.Parse()
	if err := run(*from, *to); err != nil {
		fmt.Fprintln(os.Stderr, "cldr:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	var about struct{ Version, License string }
	if err := read(filepath.Join(from, "package.json"), &about); err != nil {
		return err
	}
	for _, language := range render.Languages() {
		names, err := namesOf(from, language)
		if err != nil {
			return err
		}
		var text strings.Builder
		fmt.Fprintf(&text, "# Names of countries in %s: Unicode CLDR, npm cldr-localenames-full %s, main/%s/territories.json.\n", language, about.Version, language)
		fmt.Fprintf(&text, "# Copyright Unicode, Inc. SPDX-License-Identifier: %s, see LICENSE beside this file. Written by make countries.\n", about.License)
		for _, code := range slices.Sorted(maps.Keys(names)) {
			fmt.Fprintf(&text, "%s %s\n", code, names[code])
		}
		if err := os.WriteFile(filepath.Join(to, language+".txt"), []byte(text.String()), 0o644); err != nil {
			return err
		}
	}
	license, err := os.ReadFile(filepath.Join(from, "LICENSE"))
	if err != nil {
		return fmt.Errorf("read the licence of the names: %w", err)
	}
	return os.WriteFile(filepath.Join(to, "LICENSE"), license, 0o644)
}

// namesOf are the names of the countries of ISO 3166-1, and of XK. Of the codes that the standard leaves to its users CLDR has
// others (XA is a test of accents), which are no countries.
func namesOf(from, language string) (map[string]string, error) {
	var file struct {
		Main map[string]struct {
			LocaleDisplayNames struct{ Territories map[string]string }
		}
	}
	if err := read(filepath.Join(from, "main", language, "territories.json"), &file); err != nil {
		return nil, err
	}
	names := file.Main[language].LocaleDisplayNames.Territories
	maps.DeleteFunc(names, func(code, _ string) bool {
		return !refdata.ValidCountry(code) || refdata.UserAssigned(code) && code != "XK"
	})
	if len(names) < 249 {
		return nil, fmt.Errorf("%s has only %d countries", language, len(names))
	}
	return names, nil
}

func read(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read CLDR: %w", err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	return nil
}
