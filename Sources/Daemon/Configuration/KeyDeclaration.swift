public import Events

/// The declaration of one key of a service's configuration: name, kind, default and meaning.
///
/// A room makes typed keys (``ConfigurationKey``), which carry their declaration. The full key is `<service>.<name>`; the environment variable the same in upper case with
/// underscores (`ALPHA_HTTP_PORT`), the flag with dashes (`--alpha-http-port`).
public struct KeyDeclaration: Sendable {
  /// The kind of a value.
  public enum Kind: Sendable {
    /// Any text.
    case text
    /// A whole number in a range.
    case number(ClosedRange<Int>)
    /// One of these words.
    case choice([String])
    /// Names with commas between, or none.
    case list
    /// Names of consumers with commas between, or none: at most 64, each of 1 to 64 visible ASCII
    /// characters.
    case consumers
    /// Users of this machine for consumers, as `NAME=USER` with commas between, or none.
    case users
    /// A folder; a relative one is meant from the working directory.
    case folder
    /// A socket's address, `ipc://PATH` or `tcp://HOST:PORT`.
    case endpoint
    /// Sockets' addresses with commas between, at least one.
    case endpoints
    /// The name of a replica, or none: letters, digits, dots, hyphens and underscores.
    case replica
    /// A user of the machine, by name or number; the value is the number.
    case user
    /// The path of a Unix socket; a relative one is meant from the working directory.
    case socket
    /// An address of the web, `http://` or `https://`.
    case link
    /// The address of a collector of spans, `http://` or `https://`, or none.
    case collector
    /// The address of a database of PostgreSQL, or none.
    case database
    /// Names of hosts, `HOST` or `HOST:PORT`, with commas between, or none.
    case names
    /// Origins of pages, `http://HOST` or `https://HOST:PORT`, with commas between, or none; `*` is
    /// any port.
    case origins
    /// Older versions to publish of these events, as `TYPE=VERSION` with commas between, or none.
    case pins([any Event.Type])
  }

  /// A text of the kind, for a message; an address may have a password, and is not shown.
  func quoted(_ text: String) -> String {
    if case .database = kind { "an address that is not shown here" } else { "“\(text)”" }
  }

  /// The default: a fixed text, or one made from where the daemon runs.
  public struct Fallback: Sendable {
    let value: @Sendable (Places) -> String
    /// Its form in `--help`.
    let text: String

    /// The same text everywhere.
    static func fixed(_ text: String) -> Fallback {
      Fallback(value: { _ in text }, text: text.isEmpty ? "none" : text)
    }

    /// A text made from where the daemon runs.
    ///
    /// - Parameter text: how `--help` writes it.
    static func computed(
      _ text: String, _ value: @escaping @Sendable (Places) -> String
    ) -> Fallback {
      Fallback(value: value, text: text)
    }
  }

  /// The name without the service, for example `http.port`: lower-case words joined by dots.
  public let name: String
  /// The kind of a value.
  public let kind: Kind
  /// The default.
  public let fallback: Fallback
  /// The meaning of the key, in a sentence without a full stop.
  public let meaning: String
  /// The variable that other programs have for the same, which counts where the key's own is not
  /// set; nil for none.
  let sharedVariable: String?
  /// Whether a reload may change the value while the daemon runs.
  public internal(set) var isReloadable = false

  init(
    _ name: String, kind: Kind, default fallback: Fallback, meaning: String,
    sharedVariable: String? = nil
  ) {
    self.name = name
    self.kind = kind
    self.fallback = fallback
    self.meaning = meaning
    self.sharedVariable = sharedVariable
  }
}

/// The folders of a daemon, for defaults that depend on them.
///
/// All paths are absolute.
public struct Places: Hashable, Sendable {
  /// The service.
  public let service: String
  /// The folder of the sockets.
  public let run: String
  /// The folder of the journal, where none is configured.
  public let state: String
}
