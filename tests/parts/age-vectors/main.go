// Command age-vectors writes the age test vectors of the pinned module into a folder, none of them compressed.
package main

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	agetest "c2sp.org/CCTV/age"
)

const compressed = "compressed: zlib\n"

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: age-vectors FOLDER")
		os.Exit(2)
	}
	if err := writeAll(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func writeAll(folder string) error {
	return fs.WalkDir(agetest.Vectors, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		vector, err := fs.ReadFile(agetest.Vectors, name)
		if err != nil {
			return err
		}
		if vector, err = inflated(vector); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		return os.WriteFile(filepath.Join(folder, name), vector, 0o600)
	})
}

// inflated is the vector with its age file as it is, and a header that does not say otherwise.
func inflated(vector []byte) ([]byte, error) {
	header, file, found := bytes.Cut(vector, []byte("\n\n"))
	header = append(header[:len(header):len(header)], '\n')
	if !found || !bytes.Contains(header, []byte(compressed)) {
		return vector, nil
	}
	reader, err := zlib.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil, err
	}
	plain, err := io.ReadAll(reader)
	if err != nil {
		return nil, err
	}
	header = bytes.Replace(header, []byte(compressed), nil, 1)
	return append(append(header, '\n'), plain...), nil
}
