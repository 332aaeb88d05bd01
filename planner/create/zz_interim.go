package create

// Interim: part B deletes this file once its own functions exist.
func Fields(s Spec) map[string]string                    { return map[string]string{"image": s.Image} }
func Hash(f map[string]string) string                    { return f["image"] }
func EncodeFields(f map[string]string) string            { return f["image"] }
func DecodeFields(s string) (map[string]string, error)   { return map[string]string{"image": s}, nil }
