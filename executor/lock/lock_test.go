package lock_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recompose/executor/lock"
)

var me = lock.Holder{PID: 12, Command: "recompose up", Since: time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)}

// patience is for tests that would wait for ever if they failed.
const patience = time.Minute

func acquire(t *testing.T, dir, key string, o lock.Options) *lock.Lock {
	t.Helper()
	l, err := lock.Acquire(t.Context(), lock.Own(dir), key, me, o)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestAnotherKeyIsAnotherLock(t *testing.T) {
	dir := t.TempDir()
	defer acquire(t, dir, "engine project", lock.Options{}).Release()
	defer acquire(t, dir, "engine other", lock.Options{}).Release()
}

func TestWhoHoldsItIsTold(t *testing.T) {
	dir := t.TempDir()
	first := acquire(t, dir, "k", lock.Options{})
	_, err := lock.Acquire(t.Context(), lock.Own(dir), "k", me, lock.Options{})
	var held *lock.HeldError
	if !errors.As(err, &held) {
		t.Fatalf("a second holder: %v", err)
	}
	if diff := cmp.Diff(me, held.Holder); diff != "" {
		t.Error("the holder (-want +got):\n", diff)
	}
	first.Release()
	acquire(t, dir, "k", lock.Options{}).Release()
}

// Another user may have written who holds it.
func TestTheHolderMovesNoCursor(t *testing.T) {
	h := lock.Holder{PID: 1, Command: "up\x1b[2J\r\n", Since: me.Since}
	if text := h.String(); strings.ContainsAny(text, "\x1b\r\n") {
		t.Errorf("%q", text)
	}
}

func TestTheWaiterGetsItNext(t *testing.T) {
	dir := t.TempDir()
	first := acquire(t, dir, "k", lock.Options{})
	var told lock.Holder
	second := acquire(t, dir, "k", lock.Options{Timeout: patience, Waiting: func(h lock.Holder) {
		told = h
		first.Release()
	}})
	second.Release()
	if diff := cmp.Diff(me, told); diff != "" {
		t.Error("the holder (-want +got):\n", diff)
	}
}

func TestTheWaitEndsWithTheContext(t *testing.T) {
	dir := t.TempDir()
	defer acquire(t, dir, "k", lock.Options{}).Release()
	ctx, cancel := context.WithCancel(t.Context())
	_, err := lock.Acquire(ctx, lock.Own(dir), "k", me, lock.Options{Timeout: patience, Waiting: func(lock.Holder) { cancel() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestTheWaitEndsWithTheTimeout(t *testing.T) {
	dir := t.TempDir()
	defer acquire(t, dir, "k", lock.Options{}).Release()
	_, err := lock.Acquire(t.Context(), lock.Own(dir), "k", me, lock.Options{Timeout: time.Millisecond})
	var held *lock.HeldError
	if !errors.As(err, &held) || held.Holder.PID != me.PID {
		t.Errorf("got %v", err)
	}
}

// TestADeadProcessHoldsNothing kills a process that holds the lock.
func TestADeadProcessHoldsNothing(t *testing.T) {
	if dir := os.Getenv("LOCK_TEST_DIR"); dir != "" {
		acquire(t, dir, "k", lock.Options{})
		fmt.Println("locked")
		<-t.Context().Done() // until it is killed
	}
	dir := t.TempDir()
	c := exec.Command(os.Args[0], "-test.run", "^TestADeadProcessHoldsNothing$")
	c.Env = append(os.Environ(), "LOCK_TEST_DIR="+dir)
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "locked\n" {
		t.Fatalf("the holder says %q: %v", line, err)
	}
	if _, err := lock.Acquire(t.Context(), lock.Own(dir), "k", me, lock.Options{}); err == nil {
		t.Fatal("another process holds the lock, and it was given out")
	}
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.Wait() // it was killed
	acquire(t, dir, "k", lock.Options{Timeout: patience}).Release()
}
