package lsp

// The parts of the Language Server Protocol 3.17 that are used here
// (https://microsoft.github.io/language-server-protocol).

// position counts from 0; the character in UTF-16 code units.
type position struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

// span is the protocol's Range; its end is exclusive.
type span struct {
	Start position `json:"start"`
	End   position `json:"end"`
}

type location struct {
	URI   string `json:"uri"`
	Range span   `json:"range"`
}

type (
	initializeParams struct {
		RootURI string `json:"rootUri"`
		Folders []struct {
			URI string `json:"uri"`
		} `json:"workspaceFolders"`
		Capabilities struct {
			Workspace struct {
				Watched struct {
					Dynamic bool `json:"dynamicRegistration"`
				} `json:"didChangeWatchedFiles"`
			} `json:"workspace"`
		} `json:"capabilities"`
	}
	initializeResult struct {
		Capabilities serverCapabilities `json:"capabilities"`
		Info         struct {
			Name    string `json:"name"`
			Version string `json:"version,omitempty"`
		} `json:"serverInfo"`
	}
	serverCapabilities struct {
		Encoding string      `json:"positionEncoding"`
		Sync     syncOptions `json:"textDocumentSync"`

		Completion completionOptions `json:"completionProvider"`
		Actions    actionOptions     `json:"codeActionProvider"`
		Hover      bool              `json:"hoverProvider"`
		Definition bool              `json:"definitionProvider"`
		Symbols    bool              `json:"documentSymbolProvider"`
	}
	completionOptions struct {
		Triggers []string `json:"triggerCharacters"`
	}
	actionOptions struct {
		Kinds []string `json:"codeActionKinds"`
	}
	syncOptions struct {
		OpenClose bool `json:"openClose"`
		Change    int  `json:"change"`
		Save      bool `json:"save"`
	}
)

// syncIncremental: the client sends what has changed (or all of it).
const syncIncremental = 2

type (
	registrations struct {
		Registrations []registration `json:"registrations"`
	}
	registration struct {
		ID      string   `json:"id"`
		Method  string   `json:"method"`
		Options watchers `json:"registerOptions"`
	}
	watchers struct {
		Watchers []watcher `json:"watchers"`
	}
	watcher struct {
		Glob string `json:"globPattern"`
	}
)

type (
	documentID struct {
		URI     string `json:"uri"`
		Version int    `json:"version"`
	}
	didOpenParams struct {
		Document struct {
			documentID
			Language string `json:"languageId"`
			Text     string `json:"text"`
		} `json:"textDocument"`
	}
	didChangeParams struct {
		Document documentID `json:"textDocument"`
		Changes  []change   `json:"contentChanges"`
	}
	// change replaces a range or, without one, the whole text.
	change struct {
		Range *span  `json:"range"`
		Text  string `json:"text"`
	}
	documentParams struct {
		Document documentID `json:"textDocument"`
	}
)

type (
	publishParams struct {
		URI         string       `json:"uri"`
		Version     *int         `json:"version,omitempty"`
		Diagnostics []diagnostic `json:"diagnostics"`
	}
	diagnostic struct {
		Range    span      `json:"range"`
		Severity int       `json:"severity"`
		Code     string    `json:"code,omitempty"`
		About    *about    `json:"codeDescription,omitempty"`
		Source   string    `json:"source"`
		Message  string    `json:"message"`
		Tags     []int     `json:"tags,omitempty"`
		Related  []related `json:"relatedInformation,omitempty"`
	}
	about struct {
		Href string `json:"href"`
	}
	related struct {
		Location location `json:"location"`
		Message  string   `json:"message"`
	}
)

// Tags of diagnostics: editors grey out or strike through.
const (
	tagUnnecessary = 1
	tagDeprecated  = 2
)

type (
	placeParams struct {
		Document documentID `json:"textDocument"`
		Position position   `json:"position"`
	}
	hover struct {
		Contents markup `json:"contents"`
		Range    span   `json:"range"`
	}
	markup struct {
		Kind  string `json:"kind"`
		Value string `json:"value"`
	}
	textEdit struct {
		Range span   `json:"range"`
		Text  string `json:"newText"`
	}
	completionItem struct {
		Label  string   `json:"label"`
		Kind   int      `json:"kind"`
		Detail string   `json:"detail,omitempty"`
		Doc    *markup  `json:"documentation,omitempty"`
		Tags   []int    `json:"tags,omitempty"`
		Sort   string   `json:"sortText,omitempty"`
		Filter string   `json:"filterText,omitempty"`
		Edit   textEdit `json:"textEdit"`
	}
	symbol struct {
		Name     string   `json:"name"`
		Detail   string   `json:"detail,omitempty"`
		Kind     int      `json:"kind"`
		Range    span     `json:"range"`
		Select   span     `json:"selectionRange"`
		Children []symbol `json:"children,omitempty"`
	}
	actionParams struct {
		Document documentID `json:"textDocument"`
		Range    span       `json:"range"`
		Context  struct {
			Only []string `json:"only"`
		} `json:"context"`
	}
	action struct {
		Title       string        `json:"title"`
		Kind        string        `json:"kind"`
		Diagnostics []diagnostic  `json:"diagnostics,omitempty"`
		Preferred   bool          `json:"isPreferred,omitempty"`
		Edit        workspaceEdit `json:"edit"`
	}
	workspaceEdit struct {
		Changes map[string][]textEdit `json:"changes"`
	}
)

// Kinds of what is completed and of symbols.
const (
	itemProperty  = 10
	itemValue     = 12
	itemFile      = 17
	itemReference = 18

	symbolModule   = 2
	symbolClass    = 5
	symbolProperty = 7
)

// Kinds of actions.
const (
	kindQuickFix = "quickfix"
	kindFixAll   = "source.fixAll.recompose"
)

func markdown(text string) markup { return markup{"markdown", text} }
