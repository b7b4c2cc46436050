import CPostgreSQL
import Glibc

/// Owns a connection of libpq.
///
/// One thread at a time uses it.
struct PostgreSQLHandle: ~Copyable {
  /// The connection; it stays within this folder.
  let pointer: OpaquePointer
  /// The number of warnings of the server so far.
  let warnings: Warnings

  /// Counts the warnings of a server.
  final class Warnings {
    fileprivate(set) var count = 0
  }

  /// The time for which each step of connecting waits for the server, in milliseconds.
  private static let patience: Int32 = 5_000

  /// The reason for which libpq cannot be loaded; nil where it is loaded.
  static var missingLibrary: String? { cpostgresql_load().map { String(cString: $0) } }

  /// Connects to a database.
  ///
  /// - Throws: ``PostgreSQLFailure``.
  static func connected(to address: PostgreSQLAddress) throws -> PostgreSQLHandle {
    if let reason = missingLibrary { throw PostgreSQLFailure(connecting: reason) }
    // Those before the address are defaults; the text is UTF-8 whatever the address has.
    let options = [
      ("fallback_application_name", "eventually"), ("tcp_user_timeout", "10000"),
      ("keepalives_idle", "5"), ("keepalives_interval", "2"), ("keepalives_count", "3"),
      ("dbname", address.uri), ("client_encoding", "UTF8"),
    ]
    let connection = withCStrings(options.map(\.0)) { names in
      withCStrings(options.map(\.1)) { PQconnectStartParams(names, $0, 1) }
    }
    guard let connection else { throw PostgreSQLFailure(connecting: "no memory") }
    let handle = PostgreSQLHandle(owning: connection)
    try handle.connect()
    return handle
  }

  private init(owning connection: OpaquePointer) {
    pointer = connection
    warnings = Warnings()
    // The message of a refusal then has its code: its words depend on the server's language.
    PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
    _ = PQsetNoticeReceiver(pointer, countWarning, Unmanaged.passUnretained(warnings).toOpaque())
  }

  deinit { PQfinish(pointer) }

  private borrowing func connect() throws {
    var step = PQstatus(pointer) == CONNECTION_BAD ? PGRES_POLLING_FAILED : PGRES_POLLING_WRITING
    while step != PGRES_POLLING_OK {
      guard step != PGRES_POLLING_FAILED else {
        throw PostgreSQLFailure(connecting: message)
      }
      let events = step == PGRES_POLLING_READING ? POLLIN : POLLOUT
      guard wait(for: Int16(events), milliseconds: Self.patience) else {
        throw PostgreSQLFailure(connecting: "the server does not answer within 5 s")
      }
      step = PQconnectPoll(pointer)
    }
  }

  /// Waits until the socket is ready.
  ///
  /// - Returns: whether it is ready within the time.
  borrowing func wait(for events: Int16, milliseconds: Int32) -> Bool {
    var file = pollfd(fd: PQsocket(pointer), events: events, revents: 0)
    var ready = poll(&file, 1, milliseconds)
    while ready < 0, errno == EINTR { ready = poll(&file, 1, milliseconds) }
    return ready > 0
  }

  /// Waits until the socket or a file is ready.
  ///
  /// - Parameter file: is to be readable; a negative one never is.
  borrowing func wait(for events: Int16, or file: Int32, milliseconds: Int32) {
    var files = [
      pollfd(fd: PQsocket(pointer), events: events, revents: 0),
      pollfd(fd: file, events: Int16(POLLIN), revents: 0),
    ]
    while poll(&files, 2, milliseconds) < 0, errno == EINTR {}
  }

  /// The last message of libpq about the connection.
  var message: String { String(cString: PQerrorMessage(pointer)) }

  /// Whether the connection has ended.
  var isLost: Bool { PQstatus(pointer) == CONNECTION_BAD }
}

/// A notice is counted where it is a warning: a commit has none unless something is wrong with it.
///
/// That of a server which stops at once (`quickdie`) announces the end of the session alone.
private let countWarning: PQnoticeReceiver = { context, result in
  func field(_ code: Unicode.Scalar) -> String? {
    PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
  }
  guard let context, field("V") == "WARNING", field("R") != "quickdie" else { return }
  Unmanaged<PostgreSQLHandle.Warnings>.fromOpaque(context).takeUnretainedValue().count += 1
}

/// Calls a closure with a list of C strings that ends with null.
private func withCStrings<Value>(
  _ texts: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>) -> Value
) -> Value {
  let copies = texts.map { strdup($0) }
  defer { for copy in copies { free(copy) } }
  return body(copies.map { UnsafePointer($0) } + [nil])
}
