package legacy

import "gopkg.in/yaml.v3"

// Scalar is the type that the reader of v1-format files gave a scalar as it is
// written, and the text that it made of it: of 0777 the number 511, of yes the
// boolean True.
func Scalar(n *yaml.Node) (tag, text string) {
	read := yaml.Node{Tag: classicTag(n), Value: n.Value}
	return read.Tag, classicText(&read)
}
