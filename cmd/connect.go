package cmd

import (
	"recompose/executor"
	"recompose/executor/docker"
)

// connectDocker makes the client of a Docker engine. No request is sent yet.
func connectDocker(c Connection) (executor.Engine, error) {
	return docker.New(docker.Options{
		Host: c.Host, Context: c.Context, ConfigDir: c.ConfigDir,
		TLS: c.TLS, TLSVerify: c.TLSVerify, TLSCACert: c.CACert, TLSCert: c.Cert, TLSKey: c.Key,
		Env: c.Getenv,
	})
}
