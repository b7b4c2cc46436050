import Events
import Logging

// The keys that every service has.

/// The keys of HTTP.
enum HTTPKeys {
  static let host = ConfigurationKey.text(
    "http.host", default: "127.0.0.1", meaning: "the address to listen on")
  static let port = ConfigurationKey.number(
    "http.port", in: 0...65_535, default: 0,
    meaning: "the port to listen on; 0 is any free one, which the log names")
  static let names = ConfigurationKey.list(
    "http.names", kind: .names,
    meaning: "the names under which the service is reached, beside loopback and http.host"
  ).reloadable
  static let embedders = ConfigurationKey.list(
    "http.embedders", kind: .origins, default: ["http://127.0.0.1:*", "http://localhost:*"],
    meaning: "the origins whose pages may show the service's pages in a frame"
  ).reloadable
  static let probes = ConfigurationKey.text(
    "http.probes", kind: .socket,
    default: .computed("RUN/SERVICE.probes") { "\($0.run)/\($0.service).probes" },
    meaning: "the Unix socket on which /healthz and /readyz are always answered")
  static let connections = ConfigurationKey.number(
    "http.connections", in: 1...65_535, default: 256,
    meaning: "how many connections are open at once; the longest idle one makes room")
  static let clientConnections = ConfigurationKey.number(
    "http.clientconnections", in: 0...65_535, default: 0,
    meaning: "how many connections one address may have; 0 is half of all")
  static let streams = ConfigurationKey.number(
    "http.streams", in: 1...4096, default: 64,
    meaning: "how many streams of events are open at once; one address may have half of them")
  static let remoteRate = ConfigurationKey.number(
    "http.rates.remote", in: 0...1_000_000, default: 200,
    meaning: "how many commands a second a client of another machine may send; 0 is no limit"
  ).reloadable
  static let localRate = ConfigurationKey.number(
    "http.rates.local", in: 0...1_000_000, default: 0,
    meaning: "how many commands a second this machine's clients may send; 0 is no limit"
  ).reloadable
  static let patience = ConfigurationKey.seconds(
    "http.patience", in: 0...300, default: 10,
    meaning: "for how many seconds a request waits for a locked journal or a full disk; then 503"
  ).reloadable
  static let headerTimeout = timeout(
    "header", seconds: 10, meaning: "a request's header may take, from its first byte")
  static let bodyTimeout = timeout(
    "body", seconds: 30, meaning: "a request's body may take, from the end of its header")
  static let writeTimeout = timeout(
    "write", seconds: 30, meaning: "a client may leave a response unread")
  static let idleTimeout = timeout(
    "idle", seconds: 60, meaning: "a connection may stay open between two requests")
  static let diskReserve = ConfigurationKey.number(
    "disk.reserve", in: 0...1_048_576, default: 64,
    meaning: "how many MiB of the journal's disk stay free; below, nothing new is begun"
  ).reloadable

  static let diskWarning = ConfigurationKey.number(
    "disk.warning", in: 0...1_048_576, default: 1024,
    meaning: "how many free MiB of the journal's disk are little, and reported"
  ).reloadable

  static func all(port default: Int) -> [any DeclaredKey] {
    [
      host, port.defaulting(to: `default`), names, embedders, probes, connections,
      clientConnections, streams, remoteRate, localRate, patience, headerTimeout,
      bodyTimeout, writeTimeout, idleTimeout, diskReserve, diskWarning,
    ]
  }

  private static func timeout(
    _ name: String, seconds: Int, meaning: String
  ) -> ConfigurationKey<Duration> {
    .seconds(
      "http.timeouts.\(name)", in: 1...3600, default: seconds,
      meaning: "how many seconds \(meaning)")
  }
}

/// The keys of the journal's place.
enum StateKeys {
  static let folder = ConfigurationKey.text(
    "state", kind: .folder,
    default: .computed("./.eventually/SERVICE, else /var/lib/eventually/SERVICE") { $0.state },
    meaning: "the folder of the journal")
  static let journal = ConfigurationKey.database(
    "journal", meaning: "the database of PostgreSQL that has the journal, in place of a file")
  static let replica = ConfigurationKey.text(
    "replica", kind: .replica, default: .fixed(""),
    meaning: "the name of this process where several of the service share the journal's database")
}

/// The keys of the service's own sockets.
enum BusKeys {
  static let events = ConfigurationKey.text(
    "bus.events", kind: .endpoint, default: .inRun(nil, socket: "events"),
    meaning: "where events are published")
  static let log = ConfigurationKey.text(
    "bus.log", kind: .endpoint, default: .inRun(nil, socket: "log"),
    meaning: "where the log is read")
  /// Allows `tcp://` until peers have keys.
  static let insecure = ConfigurationKey.flag(
    "bus.insecure", default: false,
    meaning: "whether tcp:// may be used, where any machine that reaches a socket is believed")
  static let connections = ConfigurationKey.number(
    "bus.connections", in: 1...65_536, default: 64,
    meaning: "how many connections to the bus one other process may have; more are closed")
  static let heap = ConfigurationKey.number(
    "bus.heap", in: 64...1_048_576, default: 256,
    meaning: "how many MiB of the heap may be in use before connections to the bus are cut")

  static let all: [any DeclaredKey] = [events, log, insecure, connections, heap]
}

/// The keys of the streams that a service follows.
enum FollowKeys {
  static let patience = ConfigurationKey.seconds(
    "follow.patience", in: 1...86_400, default: 30,
    meaning: "after how many seconds without progress a followed stream is called stalled")

  static func events(of stream: String) -> ConfigurationKey<[String]> {
    .list(
      "follow.\(stream).events", kind: .endpoints, default: .inRun(stream, socket: "events"),
      meaning: "where \(stream) publishes its events; one address for each of its replicas")
  }

  static func log(of stream: String) -> ConfigurationKey<[String]> {
    .list(
      "follow.\(stream).log", kind: .endpoints, default: .inRun(stream, socket: "log"),
      meaning: "where the log of \(stream) is read, by the replicas in the same order")
  }

  static func owner(of stream: String) -> ConfigurationKey<UInt32> {
    .user(
      "follow.\(stream).owner",
      meaning: "the user that runs \(stream); over ipc:// no other is believed")
  }

  static func all(_ streams: [String]) -> [any DeclaredKey] {
    guard !streams.isEmpty else { return [] }
    return streams.reduce(into: [patience]) { keys, stream in
      keys += [events(of: stream), log(of: stream), owner(of: stream)] as [any DeclaredKey]
    }
  }
}

/// The keys of the followers that the log keeps its events for.
enum ConsumerKeys {
  static func all(_ followers: [String]) -> [any DeclaredKey] {
    [consumers(followers), users]
  }

  static func consumers(_ followers: [String] = []) -> ConfigurationKey<[String]> {
    .list(
      "consumers", kind: .consumers, default: followers,
      meaning: "the followers that the log keeps its events for, and that may acknowledge")
  }

  static let users = ConfigurationKey.list(
    "consumers.users", kind: .users,
    meaning: "the users of each consumer over ipc, by default the daemon's own user or group")
}

/// The keys of the versions that are published.
enum PublishingKeys {
  static func pins(of events: [any Event.Type] = []) -> ConfigurationKey<[String]> {
    .list(
      "pins", kind: .pins(events),
      meaning: "the older versions to publish until all consumers read the newest")
  }
}

/// The keys of the age at which events leave the log.
enum RetentionKeys {
  static let age = ConfigurationKey.seconds(
    "retention.age", in: 0...3_153_600_000, default: 604_800,
    meaning: "how old an event is, in seconds, before it may leave the log; seven days"
  ).reloadable
  static let patience = ConfigurationKey.seconds(
    "retention.patience", in: 0...3_153_600_000, default: 2_592_000,
    meaning: "the number of seconds for which an event is kept for watchers; thirty days"
  ).reloadable

  static func watchers(_ names: [String] = []) -> ConfigurationKey<[String]> {
    .list(
      "retention.watchers", default: names,
      meaning:
        "the followers that only watch: their events are kept no longer than retention.patience"
    ).reloadable
  }

  static func all(watchers names: [String]) -> [any DeclaredKey] {
    [age, watchers(names), patience]
  }
}

/// The keys of the metrics.
enum MetricsKeys {
  static let isEnabled = ConfigurationKey.flag(
    "metrics", default: true, meaning: "whether metrics are counted, and served at /metrics")
}

/// The keys of the log lines.
enum LogKeys {
  /// The form of the lines: JSON, records of journald, or text for people; automatic is text on a
  /// terminal, and records where journald reads the standard error.
  enum Format: String, CaseIterable {
    case automatic = "auto"
    case journal
    case json
    case pretty
  }

  static let level = ConfigurationKey.choice(
    "log.level", default: Logger.Level.info, meaning: "the least that is logged"
  ).reloadable
  static let format = ConfigurationKey.choice(
    "log.format", default: Format.automatic,
    meaning:
      "journald's records, JSON lines, or text; auto is text on a terminal, records under journald")

  static let all: [any DeclaredKey] = [level, format]
}

extension KeyDeclaration.Fallback {
  /// A socket in the run directory; that of the service itself when no stream is named.
  fileprivate static func inRun(_ stream: String?, socket: String) -> KeyDeclaration.Fallback {
    .computed("ipc://RUN/\(stream ?? "SERVICE").\(socket)") {
      "ipc://\($0.run)/\(stream ?? $0.service).\(socket)"
    }
  }
}
