package main

import (
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"strings"
	"text/template"

	"github.com/Masterminds/sprig/v3"
	"sigs.k8s.io/yaml"
)

// functions is sprig's map with what External Secrets Operator adds, and without what a template must not have.
func functions() template.FuncMap {
	functions := sprig.TxtFuncMap()
	for _, name := range []string{"env", "expandenv", "getHostByName"} {
		delete(functions, name)
	}
	bcrypted := functions["htpasswd"].(func(string, string) string)
	functions["htpasswd"] = func(user, password string, more ...string) string {
		if len(more) > 0 && more[0] == "sha" && !strings.Contains(user, ":") {
			sum := sha1.Sum([]byte(password))
			return user + ":{SHA}" + base64.StdEncoding.EncodeToString(sum[:])
		}
		return bcrypted(user, password)
	}
	functions["hexdec"] = func(text string) string {
		bytes, err := hex.DecodeString(text)
		if err != nil {
			return err.Error()
		}
		return string(bytes)
	}
	functions["toYaml"] = func(value any) string {
		text, err := yaml.Marshal(value)
		if err != nil {
			return ""
		}
		return strings.TrimSuffix(string(text), "\n")
	}
	functions["fromYaml"] = func(text string) map[string]any {
		value := map[string]any{}
		if err := yaml.Unmarshal([]byte(text), &value); err != nil {
			value["Error"] = err.Error()
		}
		return value
	}
	addCertificates(functions)
	return functions
}
