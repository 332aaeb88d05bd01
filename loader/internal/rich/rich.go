// Package rich writes the compose files that the loader's benchmarks load.
package rich

import (
	"fmt"
	"strings"
)

// File is a compose file of n services with the keys that services have most
// often.
func File(n int) string {
	var b strings.Builder
	b.WriteString("services:\n")
	for i := 1; i <= n; i++ {
		fmt.Fprintf(&b, "  s%d:\n    image: app:1\n    command: sleep 100000\n    restart: always\n", i)
		fmt.Fprintf(&b, "    environment:\n      A: \"1\"\n      B: value-%d\n      C: ${HOME:-none}\n", i)
		fmt.Fprintf(&b, "    ports:\n      - \"%d:80\"\n    volumes:\n      - data:/data\n      - ./conf:/etc/conf:ro\n", 10000+i)
		b.WriteString("    networks: [front, back]\n    labels:\n      - team=x\n")
		b.WriteString("    healthcheck:\n      test: [\"CMD\", \"true\"]\n      interval: 10s\n")
		if i > 1 {
			fmt.Fprintf(&b, "    depends_on: [s%d]\n", i/2)
		}
	}
	b.WriteString("volumes:\n  data: {}\nnetworks:\n  front: {}\n  back: {}\n")
	return b.String()
}
