package main

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
)

type jwk struct {
	Kty, Crv, X, Y, D, N, E, P, Q string
}

func number(text string) *big.Int {
	bytes, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return new(big.Int)
	}
	return new(big.Int).SetBytes(bytes)
}

func octets(text string) []byte {
	bytes, _ := base64.RawURLEncoding.DecodeString(text)
	return bytes
}

func (key jwk) curve() (elliptic.Curve, error) {
	switch key.Crv {
	case "P-256":
		return elliptic.P256(), nil
	case "P-384":
		return elliptic.P384(), nil
	case "P-521":
		return elliptic.P521(), nil
	}
	return nil, errors.New("unknown curve")
}

// parse gives the private key if there is one, else the public one.
func parse(text string) (any, error) {
	var key jwk
	if err := json.Unmarshal([]byte(text), &key); err != nil {
		return nil, err
	}
	switch key.Kty {
	case "RSA":
		public := rsa.PublicKey{N: number(key.N), E: int(number(key.E).Int64())}
		if key.D == "" {
			return &public, nil
		}
		private := rsa.PrivateKey{PublicKey: public, D: number(key.D), Primes: []*big.Int{number(key.P), number(key.Q)}}
		private.Precompute()
		return &private, private.Validate()
	case "EC":
		curve, err := key.curve()
		if err != nil {
			return nil, err
		}
		public := ecdsa.PublicKey{Curve: curve, X: number(key.X), Y: number(key.Y)}
		if key.D == "" {
			return &public, nil
		}
		return &ecdsa.PrivateKey{PublicKey: public, D: number(key.D)}, nil
	case "OKP":
		if key.Crv == "X25519" {
			if key.D == "" {
				return ecdh.X25519().NewPublicKey(octets(key.X))
			}
			return ecdh.X25519().NewPrivateKey(octets(key.D))
		}
		if key.D == "" {
			return ed25519.PublicKey(octets(key.X)), nil
		}
		return ed25519.NewKeyFromSeed(octets(key.D)), nil
	}
	return nil, errors.New("unknown kind of key")
}

func jwkPublic(text string) (string, error) {
	key, err := parse(text)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	return encode("PUBLIC KEY", der), err
}

func jwkPrivate(text string) (string, error) {
	key, err := parse(text)
	if err != nil {
		return "", err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	return encode("PRIVATE KEY", der), err
}
