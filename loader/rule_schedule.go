package loader

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// schedules: when jobs run.
func (r *rules) schedules() {
	for _, name := range slices.Sorted(maps.Keys(r.model.Jobs)) {
		job := r.model.Jobs[name]
		if job.Triggers == nil {
			continue
		}
		for i, s := range job.Triggers.Schedule {
			at := r.entryAt(joinPath("jobs", name, "triggers", "schedule"), i)
			cron := at
			if r.declared(at + ".cron") {
				cron += ".cron"
			}
			if why := cronProblem(s.Cron); s.Cron != "" && why != "" {
				r.flag("invalid-schedule", cron, fmt.Sprintf("%q is no schedule: %s", s.Cron, why), "write minute, hour, day, month and day of the week, like 30 3 * * 1-5")
			}
			if _, err := time.LoadLocation(s.Timezone); err != nil {
				r.flag("invalid-schedule", at+".timezone", fmt.Sprintf("%q is no time zone", s.Timezone), "write a name like Europe/Paris")
			}
		}
	}
}

var (
	cronWords = regexp.MustCompile(`^@(?:yearly|annually|monthly|weekly|daily|midnight|hourly|reboot|every \S+)$`)
	cronPart  = regexp.MustCompile(`^(?:\*|(\w+)(?:-(\w+))?)(?:/(\d+))?$`)
	cronNames = map[string]int{
		"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
		"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6,
	}
)

var cronFields = []struct {
	name        string
	least, most int
}{{"minute", 0, 59}, {"hour", 0, 23}, {"day of the month", 1, 31}, {"month", 1, 12}, {"day of the week", 0, 7}}

// cronProblem says what is wrong with a crontab(5) expression, "" for nothing.
func cronProblem(text string) string {
	if cronWords.MatchString(text) {
		return ""
	}
	fields := strings.Fields(text)
	if len(fields) != len(cronFields) {
		return fmt.Sprintf("it has %d fields, not 5", len(fields))
	}
	for i, f := range cronFields {
		for _, part := range strings.Split(fields[i], ",") {
			m := cronPart.FindStringSubmatch(part)
			if m == nil {
				return fmt.Sprintf("%q is no %s", part, f.name)
			}
			first := -1
			for _, word := range m[1:3] {
				if word == "" {
					continue
				}
				n, err := strconv.Atoi(word)
				if err != nil {
					var known bool
					if n, known = cronNames[strings.ToLower(word)]; !known || i < 3 {
						return fmt.Sprintf("%q is no %s", word, f.name)
					}
				}
				if n < f.least || n > f.most {
					return fmt.Sprintf("the %s is %d; it must be between %d and %d", f.name, n, f.least, f.most)
				}
				if first > n {
					return fmt.Sprintf("the range %s of the %s goes backwards", part, f.name)
				}
				first = n
			}
			if m[3] == "0" {
				return "a step of 0"
			}
		}
	}
	return ""
}
