import Events

/// All keys of a service: those that every service has, and its own.
struct ConfigurationTable: Sendable {
  let service: String
  let keys: [ConfigurationKey]

  init(service: String, keys: [ConfigurationKey]) {
    self.service = service
    self.keys = keys
    precondition(
      Set(keys.map(\.name)).count == keys.count, "\(service) declares a key of its own twice")
  }

  init(of room: any Room.Type) {
    self.init(
      service: room.name,
      keys: httpKeys(port: room.port) + [stateKey] + busKeys(following: room.follows)
        + consumerKeys(room.followers) + [pinsKey(room.publishes)] + retentionKeys(room.watchers)
        + logKeys + room.keys)
  }

  /// The key as a file has it, `alpha.http.port`.
  func fullName(_ key: ConfigurationKey) -> String { "\(service).\(key.name)" }

  /// The key as the environment has it, `ALPHA_HTTP_PORT`.
  func variable(_ key: ConfigurationKey) -> String {
    String(fullName(key).uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
  }

  /// The key as the command line has it, `--alpha-http-port`.
  func flag(_ key: ConfigurationKey) -> String {
    "--" + String(fullName(key).map { $0 == "." ? "-" : $0 })
  }

  /// What every variable of this service begins with.
  var variablePrefix: String {
    String(service.uppercased().map { $0 == "-" ? "_" : $0 }) + "_"
  }
}

private func httpKeys(port: Int) -> [ConfigurationKey] {
  [
    ConfigurationKey(
      "http.host", kind: .text, default: "127.0.0.1", meaning: "the address to listen on"),
    ConfigurationKey(
      "http.port", kind: .number(0...65_535), default: String(port),
      meaning: "the port to listen on; 0 is any free one, which the log names"),
    ConfigurationKey(
      "http.names", kind: .names, default: "",
      meaning: "the names under which the service is reached, beside loopback and http.host"),
    ConfigurationKey(
      "http.embedders", kind: .origins, default: "http://127.0.0.1:*,http://localhost:*",
      meaning: "the origins whose pages may show the service's pages in a frame"),
    ConfigurationKey(
      "http.probes", kind: .socket,
      default: .computed("RUN/SERVICE.probes") { "\($0.run)/\($0.service).probes" },
      meaning: "the Unix socket on which /healthz and /readyz are always answered"),
  ] + httpLimitKeys
}

private let httpLimitKeys = [
  ConfigurationKey(
    "http.connections", kind: .number(1...65_535), default: "256",
    meaning: "how many connections are open at once; the longest idle one makes room"),
  ConfigurationKey(
    "http.clientconnections", kind: .number(0...65_535), default: "0",
    meaning: "how many connections one address may have; 0 is half of all"),
  ConfigurationKey(
    "http.rates.remote", kind: .number(0...1_000_000), default: "200",
    meaning: "how many commands a second a client of another machine may send; 0 is no limit"),
  ConfigurationKey(
    "http.rates.local", kind: .number(0...1_000_000), default: "0",
    meaning: "how many commands a second this machine's clients may send; 0 is no limit"),
  ConfigurationKey(
    "http.patience", kind: .number(0...300), default: "10",
    meaning: "for how many seconds a request waits for a locked journal or a full disk; then 503"),
  timeoutKey("header", seconds: 10, meaning: "a request's header may take, from its first byte"),
  timeoutKey("body", seconds: 30, meaning: "a request's body may take, from the end of its header"),
  timeoutKey("write", seconds: 30, meaning: "a client may leave a response unread"),
  timeoutKey("idle", seconds: 60, meaning: "a connection may stay open between two requests"),
  ConfigurationKey(
    "disk.reserve", kind: .number(0...1_048_576), default: "64",
    meaning: "how many MiB of the journal's disk stay free; below, nothing new is begun"),
]

private func timeoutKey(_ name: String, seconds: Int, meaning: String) -> ConfigurationKey {
  ConfigurationKey(
    "http.timeouts.\(name)", kind: .number(1...3600), default: String(seconds),
    meaning: "how many seconds \(meaning)")
}

private let stateKey = ConfigurationKey(
  "state", kind: .folder,
  default: .computed("./.eventually/SERVICE, else /var/lib/eventually/SERVICE") {
    $0.state
  },
  meaning: "the folder of the journal")

private func busKeys(following streams: [String]) -> [ConfigurationKey] {
  let own = [
    ConfigurationKey(
      "bus.events", kind: .endpoint, default: inRun(nil, socket: "events"),
      meaning: "where events are published"),
    ConfigurationKey(
      "bus.log", kind: .endpoint, default: inRun(nil, socket: "log"),
      meaning: "where the log is read"),
    ConfigurationKey(
      insecureKey, kind: .choice(["true", "false"]), default: "false",
      meaning: "whether tcp:// may be used, where any machine that reaches a socket is believed"),
    ConfigurationKey(
      "bus.connections", kind: .number(1...65_536), default: "64",
      meaning: "how many connections to the bus one other process may have; more are closed"),
    ConfigurationKey(
      "bus.heap", kind: .number(64...1_048_576), default: "256",
      meaning: "how many MiB of the heap may be in use before connections to the bus are cut"),
  ]
  let patience = ConfigurationKey(
    "follow.patience", kind: .number(1...86_400), default: "30",
    meaning: "after how many seconds without progress a followed stream is called stalled")
  return own + (streams.isEmpty ? [] : [patience])
    + streams.flatMap { stream in
      [
        ConfigurationKey(
          "follow.\(stream).events", kind: .endpoint, default: inRun(stream, socket: "events"),
          meaning: "where \(stream) publishes its events"),
        ConfigurationKey(
          "follow.\(stream).log", kind: .endpoint, default: inRun(stream, socket: "log"),
          meaning: "where the log of \(stream) is read"),
        ConfigurationKey(
          "follow.\(stream).owner", kind: .user,
          default: .computed("this daemon's own user") { _ in String(ownUser()) },
          meaning: "the user that runs \(stream); over ipc:// no other is believed"),
      ]
    }
}

/// The key that allows `tcp://` until peers have keys.
let insecureKey = "bus.insecure"

/// A socket in the run directory; that of the service itself when no stream is named.
private func inRun(_ stream: String?, socket: String) -> ConfigurationKey.Fallback {
  .computed("ipc://RUN/\(stream ?? "SERVICE").\(socket)") {
    "ipc://\($0.run)/\(stream ?? $0.service).\(socket)"
  }
}

private func consumerKeys(_ followers: [String]) -> [ConfigurationKey] {
  [
    ConfigurationKey(
      "consumers", kind: .consumers, default: followers.joined(separator: ","),
      meaning: "the followers that the log keeps its events for, and that may acknowledge"),
    ConfigurationKey(
      "consumers.users", kind: .users, default: "",
      meaning: "the users of each consumer over ipc, by default the daemon's own user or group"),
  ]
}

private func pinsKey(_ events: [any Event.Type]) -> ConfigurationKey {
  ConfigurationKey(
    "pins", kind: .pins(events), default: "",
    meaning: "the older versions to publish until all consumers read the newest")
}

private func retentionKeys(_ watchers: [String]) -> [ConfigurationKey] {
  [
    ConfigurationKey(
      "retention.age", kind: .number(0...3_153_600_000), default: "604800",
      meaning: "how old an event is, in seconds, before it may leave the log; seven days"),
    ConfigurationKey(
      "retention.watchers", kind: .list, default: watchers.joined(separator: ","),
      meaning: "the followers who only watch, and are not waited for beyond retention.patience"),
    ConfigurationKey(
      "retention.patience", kind: .number(0...3_153_600_000), default: "2592000",
      meaning: "for how many seconds an event is kept for those who only watch; thirty days"),
  ]
}

private let logKeys = [
  ConfigurationKey(
    "log.level",
    kind: .choice(["trace", "debug", "info", "notice", "warning", "error", "critical"]),
    default: "info", meaning: "the least that is logged"),
  ConfigurationKey(
    "log.format", kind: .choice(["auto", "json", "pretty"]), default: "auto",
    meaning: "JSON lines, or text for people; auto is text on a terminal"),
]
