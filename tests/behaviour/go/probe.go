// Package probe runs programs under observation: once without a fault, then with a panic at each step.
package probe

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// More events than this is a loop that a fault made endless.
const runaway = 400

// How often it is asked whether anything still runs.
const patience = 2 * time.Millisecond

// Case is one program: how it is brought back to its beginning, its locks, and what to call in it.
type Case struct {
	ID    int
	Reset func()
	Locks []func() any
	Runs  []func() string
}

// Fault is what an injected fault panics with.
type Fault struct{ name string }

func (f Fault) String() string { return "fault in " + f.name }

type event struct {
	Name string  `json:"name"`
	Held []int64 `json:"held"`
}

type outcome struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
}

type trace struct {
	Case    int     `json:"case"`
	Run     int     `json:"run"`
	Fault   int     `json:"fault"`
	Initial []int64 `json:"initial"`
	Events  []event `json:"events"`
	Outcome outcome `json:"outcome"`
	Final   []int64 `json:"final"`
}

type observation struct {
	of     Case
	fault  int
	steps  int
	events []event
	over   bool
}

var current *observation

// Step is work that can fail.
func Step(name string) {
	o := current
	if o.over {
		return
	}
	if len(o.events) > runaway {
		panic("runaway")
	}
	o.events = append(o.events, event{name, o.held()})
	o.steps++
	if o.steps == o.fault {
		panic(Fault{name})
	}
}

func (o *observation) held() []int64 {
	depths := []int64{}
	for _, lock := range o.of.Locks {
		depths = append(depths, depth(lock))
	}
	return depths
}

// 0 free, 1 held (by readers, where there are such), 2 held by a writer; 0 for what does not exist.
func depth(lock func() any) (held int64) {
	defer func() {
		if recover() != nil {
			held = 0
		}
	}()
	switch lock := lock().(type) {
	case interface {
		TryLock() bool
		TryRLock() bool
		Unlock()
		RUnlock()
	}:
		if lock.TryLock() {
			lock.Unlock()
			return 0
		}
		if lock.TryRLock() {
			lock.RUnlock()
			return 1
		}
		return 2
	case interface {
		TryLock() bool
		Unlock()
	}:
		if lock.TryLock() {
			lock.Unlock()
			return 0
		}
		return 1
	default:
		panic(fmt.Sprintf("no way to watch %T", lock))
	}
}

// Call calls a function and shows its results.
func Call(function any, arguments ...any) string {
	callee := reflect.ValueOf(function)
	var in []reflect.Value
	for i, argument := range arguments {
		wanted := callee.Type().In(i)
		if argument == nil {
			in = append(in, reflect.Zero(wanted))
		} else {
			in = append(in, reflect.ValueOf(argument).Convert(wanted))
		}
	}
	var shown []string
	for _, result := range callee.Call(in) {
		shown = append(shown, fmt.Sprintf("%v", result.Interface()))
	}
	return strings.Join(shown, ", ")
}

var (
	state = regexp.MustCompile(`(?m)^goroutine \d+ \[([^,\]]+)`)
	waits = regexp.MustCompile(`^(sync\.|semacquire|chan |select)`)
)

// Whether every other goroutine waits for another one: then all wait for ever.
func allWait() bool {
	dump := make([]byte, 1<<16)
	for {
		size := runtime.Stack(dump, true)
		if size < len(dump) {
			dump = dump[:size]
			break
		}
		dump = make([]byte, 2*len(dump))
	}
	// The first one is the one that asks.
	for _, other := range state.FindAllSubmatch(dump, -1)[1:] {
		if !waits.Match(other[1]) {
			return false
		}
	}
	return true
}

func observe(c Case, run, fault int) (trace, int) {
	if c.Reset != nil {
		c.Reset()
	}
	o := &observation{of: c, fault: fault, events: []event{}}
	current = o
	initial := o.held()
	done := make(chan outcome, 1)
	go func() {
		ended := outcome{"throw", "the goroutine ended"}
		defer func() {
			if panicked := recover(); panicked != nil {
				ended = outcome{"throw", fmt.Sprint(panicked)}
			}
			done <- ended
		}()
		ended = outcome{"value", c.Runs[run]()}
	}()
	ended := outcome{"hang", ""}
	for waiting := true; waiting; {
		select {
		case ended = <-done:
			waiting = false
		case <-time.After(patience):
			waiting = !allWait()
		}
	}
	select {
	case ended = <-done:
	default:
	}
	final := o.held()
	o.over = true
	return trace{c.ID, run, fault, initial, o.events, ended, final}, o.steps
}

// Main runs the cases whose numbers it is given and prints a trace a line.
func Main(cases []Case) {
	wanted := map[int]bool{}
	for _, argument := range os.Args[1:] {
		id, err := strconv.Atoi(argument)
		if err != nil {
			panic(err)
		}
		wanted[id] = true
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	for _, c := range cases {
		if !wanted[c.ID] {
			continue
		}
		for run := range c.Runs {
			plain, steps := observe(c, run, 0)
			encoder.Encode(plain)
			for fault := 1; fault <= steps; fault++ {
				faulty, _ := observe(c, run, fault)
				encoder.Encode(faulty)
			}
			out.Flush()
		}
	}
}
