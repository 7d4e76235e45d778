// What a stranger's implementation says about our checkpoints and proofs.
//
// One question a line as JSON on standard input, one answer a line on standard output. Of x/mod only
// note.Open, tlog.CheckRecord, tlog.CheckTree and tlog.TreeHash judge: the tile reader of the version
// Debian carries accepts altered tiles (CVE-2026-56865).
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type question struct {
	Ask    string   // checkpoint, record, tree or roots
	Key    string   // verifier key, as auditors get it
	Note   string   // signed checkpoint
	Old    string   // tree: the earlier signed checkpoint
	Index  int64    // record: place from 0
	Leaf   []byte   // record: leaf hash
	Proof  [][]byte // record, tree
	Leaves [][]byte // roots: data of the leaves
}

type answer struct {
	OK    bool     `json:"ok"`
	Why   string   `json:"why,omitempty"`
	Size  int64    `json:"size"`
	Root  []byte   `json:"root,omitempty"`
	Roots [][]byte `json:"roots,omitempty"` // of the first 1, 2, 3 … leaves
}

// opened returns size and root of a checkpoint that the key has signed under its own name.
func opened(key, text string) (int64, tlog.Hash, error) {
	var root tlog.Hash
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return 0, root, err
	}
	found, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return 0, root, err
	}
	lines := strings.Split(found.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return 0, root, errors.New("not a checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return 0, root, errors.New("not a size")
	}
	data, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(data) != tlog.HashSize {
		return 0, root, errors.New("not a root")
	}
	copy(root[:], data)
	return size, root, nil
}

func hashes(all [][]byte) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(all))
	for i, each := range all {
		if len(each) != tlog.HashSize {
			return nil, errors.New("not a hash")
		}
		copy(out[i][:], each)
	}
	return out, nil
}

// roots returns the root after each leaf.
func roots(leaves [][]byte) ([][]byte, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, each := range indexes {
			out[i] = stored[each]
		}
		return out, nil
	})
	var out [][]byte
	for i, data := range leaves {
		more, err := tlog.StoredHashes(int64(i), data, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, more...)
		root, err := tlog.TreeHash(int64(i)+1, reader)
		if err != nil {
			return nil, err
		}
		out = append(out, append([]byte{}, root[:]...))
	}
	return out, nil
}

func judge(q question) (a answer, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("panic: %v", broken)
		}
	}()
	if q.Ask == "roots" {
		a.Roots, err = roots(q.Leaves)
		return a, err
	}
	size, root, err := opened(q.Key, q.Note)
	if err != nil {
		return a, err
	}
	a.Size, a.Root = size, root[:]
	proof, err := hashes(q.Proof)
	if err != nil {
		return a, err
	}
	switch q.Ask {
	case "checkpoint":
		return a, nil
	case "record":
		leaf, err := hashes([][]byte{q.Leaf})
		if err != nil {
			return a, err
		}
		return a, tlog.CheckRecord(proof, size, root, q.Index, leaf[0])
	case "tree":
		before, was, err := opened(q.Key, q.Old)
		if err != nil {
			return a, err
		}
		return a, tlog.CheckTree(proof, size, root, before, was)
	}
	return a, errors.New("panic: unknown question")
}

func main() {
	in := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	questions, answers := json.NewDecoder(in), json.NewEncoder(out)
	for questions.More() {
		var q question
		if err := questions.Decode(&q); err != nil {
			log.Fatal(err)
		}
		a, err := judge(q)
		if a.OK = err == nil; err != nil {
			a.Why = err.Error()
		}
		if err := answers.Encode(a); err != nil {
			log.Fatal(err)
		}
	}
}
