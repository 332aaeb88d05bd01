//go:build !unix

package docker

func makeFIFO(string) error { return nil } // there are none
