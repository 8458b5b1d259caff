// Command template-oracle renders templates with Go's own text/template.
//
// Standard input is a JSON list of {template, values: {name: base64}, lenient}; standard output is the list of results,
// {output: base64} or {failed: true}.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"text/template"
)

type question struct {
	Template string            `json:"template"`
	Values   map[string][]byte `json:"values"`
	// Lenient asks for the default of missingkey, as for rewritten keys.
	Lenient bool `json:"lenient"`
}

type answer struct {
	Output []byte `json:"output,omitempty"`
	Failed bool   `json:"failed,omitempty"`
	Reason string `json:"reason,omitempty"`
}

func main() {
	var questions []question
	if err := json.NewDecoder(os.Stdin).Decode(&questions); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	answers := make([]answer, len(questions))
	for i, question := range questions {
		output, err := render(question)
		if err != nil {
			answers[i] = answer{Failed: true, Reason: err.Error()}
		} else {
			answers[i] = answer{Output: output}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func render(question question) (output []byte, err error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			err = fmt.Errorf("panicked: %v", panicked)
		}
	}()
	missing := "missingkey=error"
	if question.Lenient {
		missing = "missingkey=default"
	}
	parsed, err := template.New("t").Option(missing).Funcs(functions()).Parse(question.Template)
	if err != nil {
		return nil, err
	}
	values := make(map[string]string, len(question.Values))
	for name, value := range question.Values {
		values[name] = string(value)
	}
	var buffer bytes.Buffer
	if err := parsed.Execute(&buffer, values); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}
