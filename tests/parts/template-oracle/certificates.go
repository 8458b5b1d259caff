package main

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"hash"
	"strings"
	"text/template"

	"software.sslmate.com/src/go-pkcs12"
)

var errNoPEM = errors.New("no PEM block")

func addCertificates(functions template.FuncMap) {
	functions["pkcs12key"] = func(input string) (string, error) { return keyOf("", input) }
	functions["pkcs12keyPass"] = keyOf
	functions["pkcs12cert"] = func(input string) (string, error) { return certificatesOf("", input) }
	functions["pkcs12certPass"] = certificatesOf
	functions["pemToPkcs12"] = func(cert, key string) (string, error) { return bundle(cert, key, "", false) }
	functions["pemToPkcs12Pass"] = func(cert, key, pass string) (string, error) { return bundle(cert, key, pass, false) }
	functions["fullPemToPkcs12"] = func(cert, key string) (string, error) { return bundle(cert, key, "", true) }
	functions["fullPemToPkcs12Pass"] = func(cert, key, pass string) (string, error) { return bundle(cert, key, pass, true) }
	functions["pemTruststoreToPKCS12"] = func(certs string) (string, error) { return trustStore(certs, "") }
	functions["pemTruststoreToPKCS12Pass"] = trustStore
	// For tests alone: how many certificates a trust store holds.
	functions["trusted"] = func(pass, input string) (int, error) {
		certs, err := pkcs12.DecodeTrustStore([]byte(input), pass)
		return len(certs), err
	}
	functions["filterPEM"] = filterPEM
	functions["filterCertChain"] = filterCertChain
	functions["certSANs"] = alternativeNames
	functions["rsaDecrypt"] = rsaDecrypt
	functions["jwkPublicKeyPem"] = jwkPublic
	functions["jwkPrivateKeyPem"] = jwkPrivate
}

func encode(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func encodeAll(certs []*x509.Certificate) string {
	var all strings.Builder
	for _, cert := range certs {
		all.WriteString(encode("CERTIFICATE", cert.Raw))
	}
	return all.String()
}

func parseKey(der []byte) (any, error) {
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	if key, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return key, nil
	}
	return x509.ParseECPrivateKey(der)
}

// certificatesIn reads every block; strict fails on what is left behind the last one.
func certificatesIn(text string, strict bool) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for rest := []byte(text); len(rest) > 0; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			if strict {
				return nil, errNoPEM
			}
			break
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		certs = append(certs, cert)
	}
	return certs, nil
}

func keyOf(pass, input string) (string, error) {
	key, _, _, err := pkcs12.DecodeChain([]byte(input), pass)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", err
	}
	return encode("PRIVATE KEY", der), nil
}

func certificatesOf(pass, input string) (string, error) {
	_, leaf, rest, err := pkcs12.DecodeChain([]byte(input), pass)
	if err != nil {
		return "", err
	}
	all := append([]*x509.Certificate{leaf}, rest...)
	if ordered, err := chain(all); err == nil {
		all = ordered
	}
	return encodeAll(all), nil
}

func bundle(cert, key, pass string, full bool) (string, error) {
	certs, err := certificatesIn(cert, full)
	if err != nil {
		return "", err
	}
	if len(certs) == 0 {
		return "", errNoPEM
	}
	block, _ := pem.Decode([]byte(key))
	if block == nil {
		return "", errNoPEM
	}
	parsed, err := parseKey(block.Bytes)
	if err != nil {
		return "", err
	}
	rest := certs[1:]
	if !full {
		rest = nil
	}
	file, err := pkcs12.Modern.Encode(parsed, certs[0], rest, pass)
	return base64.StdEncoding.EncodeToString(file), err
}

func trustStore(text, pass string) (string, error) {
	certs, err := certificatesIn(text, true)
	if err != nil {
		return "", err
	}
	file, err := pkcs12.Modern.EncodeTrustStore(certs, pass)
	return base64.StdEncoding.EncodeToString(file), err
}

func filterPEM(kind, input string) (string, error) {
	var found strings.Builder
	rest := []byte(input)
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		if strings.EqualFold(block.Type, kind) {
			if err := pem.Encode(&found, block); err != nil {
				return "", err
			}
		}
	}
	if found.Len() == 0 && len(rest) > 0 {
		return "", errNoPEM
	}
	return found.String(), nil
}

// chain orders certificates from the leaf to the root by their key ids.
func chain(certs []*x509.Certificate) ([]*x509.Certificate, error) {
	issuers := make([]int, len(certs))
	issues := make([]bool, len(certs))
	for i, cert := range certs {
		issuers[i] = -1
		for j, other := range certs {
			if i != j && bytes.Equal(cert.AuthorityKeyId, other.SubjectKeyId) {
				issuers[i], issues[j] = j, true
				break
			}
		}
	}
	leaf := -1
	for i := range certs {
		if !issues[i] {
			if leaf >= 0 {
				return nil, errors.New("several leaves")
			}
			leaf = i
		}
	}
	if leaf < 0 {
		return nil, errors.New("no leaf")
	}
	var ordered []*x509.Certificate
	for at := leaf; at >= 0; at = issuers[at] {
		if len(ordered) == len(certs) {
			return nil, errors.New("a cycle")
		}
		ordered = append(ordered, certs[at])
	}
	return ordered, nil
}

func selfIssued(cert *x509.Certificate) bool {
	return cert.AuthorityKeyId == nil || bytes.Equal(cert.AuthorityKeyId, cert.SubjectKeyId)
}

func filterCertChain(kind, input string) (string, error) {
	certs, err := certificatesIn(input, false)
	if err != nil {
		return "", err
	}
	certs, err = chain(certs)
	if err != nil {
		return "", err
	}
	switch last := certs[len(certs)-1]; {
	case kind == "leaf" && !selfIssued(certs[0]):
		return encodeAll(certs[:1]), nil
	case kind == "root" && selfIssued(last):
		return encodeAll([]*x509.Certificate{last}), nil
	case kind == "intermediate":
		end := 1
		for end < len(certs) && !selfIssued(certs[end]) {
			end++
		}
		return encodeAll(certs[1:end]), nil
	}
	return "", nil
}

func alternativeNames(text string) ([]string, error) {
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		return nil, errNoPEM
	}
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, err
	}
	names := append([]string{}, cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	names = append(names, cert.EmailAddresses...)
	for _, uri := range cert.URIs {
		names = append(names, uri.String())
	}
	return names, nil
}

func rsaDecrypt(scheme, digest, cipher, keyPEM string) (string, error) {
	switch scheme {
	case "None":
		return cipher, nil
	case "RSA-OAEP":
	default:
		return "", errors.New("unknown scheme")
	}
	block, _ := pem.Decode([]byte(keyPEM))
	if block == nil {
		return "", errNoPEM
	}
	parsed, err := parseKey(block.Bytes)
	if err != nil {
		return "", err
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("no RSA key")
	}
	var sum hash.Hash
	switch digest {
	case "SHA1":
		sum = sha1.New()
	case "SHA512":
		sum = sha512.New()
	default:
		sum = sha256.New()
	}
	plain, err := rsa.DecryptOAEP(sum, nil, key, []byte(cipher), nil)
	return string(plain), err
}

