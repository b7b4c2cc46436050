import Foundation
import Glibc
import Synchronization

/// A server of PostgreSQL of a test's own, from Debian's package, on a Unix socket in a temporary
/// folder.
public final class PostgreSQLServer: Sendable {
  /// The reason for which no server can be started here, in words; nil where one can.
  ///
  /// With `REQUIRED=yes` in the environment, which the check sets, nothing may be missing.
  public static let missing: String? = {
    var reason: String?
    if programs == nil { reason = "PostgreSQL is not installed: apt-get install postgresql libpq5" }
    if user == nil { reason = "there is no user postgres or nobody, and a server refuses root" }
    let isRequired = ProcessInfo.processInfo.environment["REQUIRED"] == "yes"
    precondition(reason == nil || !isRequired, reason ?? "")
    return reason
  }()

  /// The folder of initdb, of the newest version.
  private static let programs: String? = {
    let root = "/usr/lib/postgresql"
    let versions = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return versions.sorted { (Int($0) ?? 0) > (Int($1) ?? 0) }.map { "\(root)/\($0)/bin" }
      .first { access("\($0)/initdb", X_OK) == 0 && access("\($0)/pg_ctl", X_OK) == 0 }
  }()

  /// The user that runs a server, with the numbers of the user and its group; the own one unless
  /// that is root.
  private static let user: (name: String, id: uid_t, group: gid_t)? = {
    guard getuid() == 0 else { return ("", getuid(), getgid()) }
    return ["postgres", "nobody"].lazy.compactMap { name in
      getpwnam(name).map { (name, $0.pointee.pw_uid, $0.pointee.pw_gid) }
    }.first
  }()

  /// The server that the tests of a process share, started with the first use.
  public static let shared = Result { try PostgreSQLServer(endsWithProcess: true) }

  /// The folder of the socket, the log and the data.
  public let folder: String
  private let lastDatabase = Mutex(0)
  /// The server on which each commit is before it is answered; nil without one.
  private let standby = Mutex<PostgreSQLServer?>(nil)

  /// Starts a server with an empty cluster.
  ///
  /// - Parameter endsWithProcess: whether it is stopped when the process of the tests exits; else
  ///   ``stop(_:)`` does it.
  public convenience init(endsWithProcess: Bool = false) throws {
    self.init(folder: try Self.makeFolder())
    try run(
      "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C",
      "--no-sync")
    try start()
    if endsWithProcess { removeAtExit(self) }
  }

  /// A server that has no data yet.
  private init(folder: String) {
    self.folder = folder
  }

  private static func makeFolder() throws -> String {
    guard Self.missing == nil, let user = Self.user else { throw Failure("\(Self.missing ?? "")") }
    var template = Array("/tmp/pg-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: \(errno)") }
    let folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    guard chown(folder, user.id, user.group) == 0, chmod(folder, 0o755) == 0 else {
      throw Failure("chown \(folder): \(errno)")
    }
    return folder
  }

  private var data: String { "\(folder)/data" }

  /// Starts the server, and returns when it accepts connections.
  ///
  /// - Parameter port: a free port of 127.0.0.1, at which it listens too; none by default.
  public func start(port: Int? = nil) throws {
    let address = port.map { "'127.0.0.1' -c port=\($0)" } ?? "''"
    let options = "-k \(folder) -c listen_addresses=\(address) -c max_connections=60"
    try run("pg_ctl", "-D", data, "-l", "\(folder)/log", "-o", options, "-w", "start")
  }

  /// How a server is stopped.
  public enum Stop: String, Sendable {
    /// Sessions are ended, and transactions rolled back.
    case fast
    /// As by a crash: nothing is written, and the next start recovers.
    case immediate
  }

  /// Stops the server, and returns when it has ended.
  public func stop(_ stop: Stop = .fast) throws {
    try run("pg_ctl", "-D", data, "-m", stop.rawValue, "-w", "stop")
  }

  /// Starts a standby, on which each commit of this server is from now on before it is answered.
  ///
  /// The addresses of databases that are asked for later have both servers.
  public func startStandby() throws {
    let other = PostgreSQLServer(folder: try Self.makeFolder())
    try other.run(
      "pg_basebackup", "-D", other.data, "-h", folder, "-U", "postgres", "-R", "-X", "stream",
      "-c", "fast", "--no-sync")
    try other.start()
    try query("ALTER SYSTEM SET synchronous_standby_names = '*'")
    try query("SELECT pg_reload_conf()")
    // A commit that returns was on both.
    try query("CREATE TABLE on_both ()")
    standby.withLock { $0 = other }
  }

  /// Stops the server as by a crash, and makes the standby the server of its databases.
  public func failOver() throws {
    try stop(.immediate)
    let other = standby.withLock(\.self)
    try other?.run("pg_ctl", "-D", other?.data ?? "", "-w", "promote")
  }

  /// Stops the server and its standby, and removes their folders.
  public func remove() {
    standby.withLock(\.self)?.remove()
    try? stop(.immediate)
    try? FileManager.default.removeItem(atPath: folder)
  }

  private func run(_ program: String, _ arguments: String...) throws {
    _ = try output(program, arguments)
  }
}

// MARK: Databases

extension PostgreSQLServer {
  /// Makes an empty database with a name of its own.
  ///
  /// - Parameter options: the end of CREATE DATABASE.
  /// - Returns: its address.
  public func makeDatabase(_ options: String = "LOCALE 'C' TEMPLATE template0") throws -> String {
    let number = lastDatabase.withLock { last in
      last += 1
      return last
    }
    try query("CREATE DATABASE test\(number) \(options)")
    return address(of: "test\(number)")
  }

  /// The address of a database.
  ///
  /// - Parameters:
  ///   - database: its name.
  ///   - user: the user that connects.
  public func address(of database: String, user: String = "postgres") -> String {
    let folders = [folder] + (standby.withLock(\.self).map { [$0.folder] } ?? [])
    let hosts = folders.joined(separator: ",")
    return "postgresql://\(user)@/\(database)?host=\(hosts)"
      + (folders.count > 1 ? "&target_session_attrs=read-write" : "")
  }

  /// The output of a statement: rows as lines, columns with a bar between.
  @discardableResult
  public func query(_ statement: String, in address: String? = nil) throws -> String {
    let address = address ?? self.address(of: "postgres")
    return try output(
      "psql", ["-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, address])
  }

  /// Runs a program of the package as the server's user.
  private func output(_ program: String, _ arguments: [String]) throws -> String {
    guard let programs = Self.programs, let user = Self.user else { throw Failure(program) }
    let path = "\(programs)/\(program)"
    let changingUser =
      user.name.isEmpty
      ? [] : ["/usr/bin/setpriv", "--reuid=\(user.id)", "--regid=\(user.group)", "--clear-groups"]
    // A file: the server inherits it from pg_ctl, and a pipe would stay open.
    let file = "\(folder)/\(program)-\(lastNumber()).out"
    let status = try spawnAndWait(changingUser + [path] + arguments, in: folder, writingTo: file)
    let text = try String(contentsOfFile: file, encoding: .utf8)
    try FileManager.default.removeItem(atPath: file)
    guard status == 0 else { throw Failure("\(program): \(text)") }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func lastNumber() -> Int {
    lastOutput.withLock { last in
      last += 1
      return last
    }
  }
}

/// Runs a program, and returns its status.
///
/// Foundation's `Process` would wait for the server too, which a program leaves behind.
///
/// - Parameters:
///   - command: the path of the program, and its arguments.
///   - folder: the folder in which it runs.
///   - file: the file to which it writes.
private func spawnAndWait(
  _ command: [String], in folder: String, writingTo file: String
) throws -> Int32 {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  let flags = O_WRONLY | O_CREAT | O_TRUNC
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, file, flags, 0o644)
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO)
  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  // The threads of Swift's executors block most signals, and a child inherits that.
  var none = sigset_t()
  sigemptyset(&none)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))
  // The shell becomes the program; that is how it gets its folder.
  let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder]
  let environment = ["PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"]
  var words = (shell + command).map { strdup($0) } + [nil]
  var variables = environment.map { strdup($0) } + [nil]
  defer { for text in words + variables { free(text) } }
  var pid: pid_t = 0
  let code = posix_spawn(&pid, shell[0], &actions, &attributes, &words, &variables)
  guard code == 0 else {
    throw PostgreSQLServer.Failure("\(command[0]): \(String(cString: strerror(code)))")
  }
  var status: Int32 = 0
  while waitpid(pid, &status, 0) < 0, errno == EINTR {}
  return status
}

/// The number of the last file for the output of a program.
private let lastOutput = Mutex(0)

extension PostgreSQLServer {
  /// A program of the package that failed.
  public struct Failure: Error, CustomStringConvertible {
    /// What it wrote.
    public let description: String

    init(_ description: String) {
      self.description = description
    }
  }
}

// MARK: The end of the process

/// The server to stop at the exit of this process.
private let ending = Mutex<PostgreSQLServer?>(nil)

private func removeAtExit(_ server: PostgreSQLServer) {
  ending.withLock { $0 = server }
  atexit { ending.withLock { $0 }?.remove() }
}
