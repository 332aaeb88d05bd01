package loader

import (
	"github.com/compose-spec/compose-go/v2/types"
	"gopkg.in/yaml.v3"
)

// decoded are keys whose texts the schema does not look into, and what reads
// them in compose-go.
var decoded = map[string]func(text string) error{
	"stop_grace_period": readDuration, "interval": readDuration, "timeout": readDuration, "start_period": readDuration, "start_interval": readDuration,
	"mem_limit": readSize, "mem_reservation": readSize, "memswap_limit": readSize, "shm_size": readSize,
}

func readDuration(text string) error {
	var d types.Duration
	return d.DecodeMapstructure(text)
}

func readSize(text string) error {
	var size types.UnitBytes
	return size.DecodeMapstructure(text)
}

// checkDecoded finds durations and sizes that cannot be read: compose-go comes
// to them after it has loaded all.
func (l *load) checkDecoded() {
	l.eachService(func(p place, path string, service *yaml.Node) {
		l.decodeKeys(p, path, service)
		l.decodeKeys(p, path+".healthcheck", child(service, "healthcheck"))
	})
}

func (l *load) decodeKeys(p place, path string, n *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		read, value, at := decoded[n.Content[i].Value], resolve(n.Content[i+1]), path+"."+n.Content[i].Value
		if read == nil || value.ShortTag() != "!!str" || l.reported(at) {
			continue
		}
		text, err := l.substitute(value.Value)
		if err != nil {
			continue // a finding of its own
		}
		if err = read(text); err != nil {
			m := l.wordValue(at, err.Error())
			l.report(SeverityError, m.rule, p(n.Content[i+1]), at, m.message, m.hint)
		}
	}
}
