package session

import (
	"context"
	"errors"
	"io"
	"net"
)

// credentials answers CredentialsRequest{Host=1} with
// CredentialsResponse{Username=1, Secret=2}.
func (s *Session) credentials(in []byte) ([]byte, error) {
	host, err := text(in, 1)
	if err != nil {
		return nil, err
	}
	user, secret, err := s.options.Credentials(host)
	if err != nil {
		s.note(err)
		return nil, err
	}
	return appendBytes(appendBytes(nil, 1, []byte(user)), 2, []byte(secret)), nil
}

// secret answers GetSecretRequest{ID=1} with GetSecretResponse{data=1}.
func (s *Session) secret(in []byte) ([]byte, error) {
	id, err := text(in, 1)
	if err != nil {
		return nil, err
	}
	data, err := s.options.Secret(id)
	if err != nil {
		s.note(err)
		return nil, err
	}
	return appendBytes(nil, 1, data), nil
}

// checkAgent answers CheckAgentRequest{ID=1}.
func (s *Session) checkAgent(ctx context.Context, in []byte) error {
	id, err := text(in, 1)
	if err != nil {
		return err
	}
	conn, err := s.options.Agent(ctx, id)
	if err != nil {
		return err
	}
	return conn.Close()
}

// forwardAgent copies BytesMessage{data=1} to an SSH agent and back.
func (s *Session) forwardAgent(ctx context.Context, c *stream, id string) error {
	conn, err := s.options.Agent(ctx, id)
	if err != nil {
		return err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answers := make(chan error, 1)
	go func() {
		buf := make([]byte, chunkSize)
		for {
			n, err := conn.Read(buf)
			if n > 0 {
				if err := c.send(appendBytes(nil, 1, buf[:n])); err != nil {
					answers <- err
					return
				}
			}
			if err != nil {
				answers <- nil
				return
			}
		}
	}()
	for {
		message, err := c.receive()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		data, err := text(message, 1)
		if err != nil {
			return err
		}
		if _, err := conn.Write([]byte(data)); err != nil {
			return err
		}
	}
	if half, ok := conn.(*net.UnixConn); ok {
		_ = half.CloseWrite() // an agent that has gone answers no more
	} else {
		conn.Close()
	}
	return <-answers
}
