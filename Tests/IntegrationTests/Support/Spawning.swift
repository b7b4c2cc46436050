import Foundation
import Glibc
import Synchronization

/// The two ends of a pipe, which no child inherits.
///
/// It is a pair of sockets, since `pipe2`, which is safe beside other threads that start
/// processes, does not reach Swift.
struct Pipe {
  let reading: Int32
  let writing: Int32

  init() throws {
    var files: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, kind, 0, &files) == 0 else {
      throw SystemFailure("a pipe cannot be made", errno)
    }
    reading = files[0]
    writing = files[1]
  }
}

/// A system call that failed.
struct SystemFailure: Error, CustomStringConvertible {
  let description: String

  init(_ sentence: String, _ code: Int32) {
    description = "\(sentence): \(String(cString: strerror(code)))"
  }
}

/// Starts a process with these files as its output and error, nothing to read, a process group
/// of its own, and no signal blocked: the threads of Swift's executors block most of them.
func spawn(
  _ path: String, _ arguments: [String], _ environment: [String: String], _ folder: String,
  _ output: Int32, _ error: Int32, input: Int32? = nil, passing file: Int32? = nil
) throws -> pid_t {
  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  if let input {
    posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO)
  } else {
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
  }
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
  posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO)
  // The first number after the standard ones, as systemd passes a socket.
  if let file { posix_spawn_file_actions_adddup2(&actions, file, STDERR_FILENO + 1) }

  var attributes = posix_spawnattr_t()
  posix_spawnattr_init(&attributes)
  defer { posix_spawnattr_destroy(&attributes) }
  var none = sigset_t()
  var all = sigset_t()
  sigemptyset(&none)
  sigfillset(&all)
  posix_spawnattr_setsigmask(&attributes, &none)
  posix_spawnattr_setsigdefault(&attributes, &all)
  posix_spawnattr_setpgroup(&attributes, 0)
  let flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP
  posix_spawnattr_setflags(&attributes, Int16(flags))

  // The shell becomes the program, under the same pid; that is how it gets its folder.
  let command = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", folder, path] + arguments
  var words = command.map { strdup($0) } + [nil]
  var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
  defer { for text in words + variables { free(text) } }
  var pid: pid_t = 0
  let code = posix_spawn(&pid, command[0], &actions, &attributes, &words, &variables)
  guard code == 0 else { throw SystemFailure("\(path) cannot be started", code) }
  return pid
}

extension [String: String] {
  /// The environment of this process without all that our programs read, and with some variables.
  ///
  /// What runs the tests may have set any of it: a continuous integration sets `NO_COLOR`, systemd
  /// the variables of its protocols.
  static func forPrograms(_ more: [String: String] = [:]) -> [String: String] {
    let ours = [
      "ALPHA_", "BETA_", "CHARLIE_", "OVERLORD_", "EVENTUALLY_", "NO_COLOR", "NOTIFY_", "LISTEN_",
      "WATCHDOG_", "JOURNAL_STREAM",
    ]
    return ProcessInfo.processInfo.environment
      .filter { variable in !ours.contains { variable.key.hasPrefix($0) } }
      .merging(more) { $1 }
  }
}

/// Ensures that nothing outlives the tests in any case: a shell that kills, by their pids, the
/// processes that are still running when this process is gone, and restores the machine.
final class LastWill: Sendable {
  static let shared = LastWill()

  private let file: Int32?

  private init() {
    let script = """
      list=
      line='
      '
      while read -r sign command; do
        case $sign in
          +) list="$list$line$command$line" ;;
          -) list="${list%%"$line$command$line"*}${list#*"$line$command$line"}" ;;
        esac
      done
      printf '%s' "$list" | while read -r command; do $command; done
      """
    guard let pipe = try? Pipe() else {
      file = nil
      return
    }
    let nothing = open("/dev/null", O_WRONLY | O_CLOEXEC)
    _ = try? spawn(
      "/bin/sh", ["-c", script], [:], "/", nothing, nothing, input: pipe.reading)
    close(nothing)
    close(pipe.reading)
    file = pipe.writing
  }

  func include(_ pid: pid_t) { tell("+ kill -9 \(pid)\n") }
  func leaveOut(_ pid: pid_t) { tell("- kill -9 \(pid)\n") }

  /// A command, of words without blanks, that is run when this process is gone.
  func include(_ command: [String]) { tell("+ \(command.joined(separator: " "))\n") }
  func leaveOut(_ command: [String]) { tell("- \(command.joined(separator: " "))\n") }

  private func tell(_ line: String) {
    guard let file else { return }
    _ = Array(line.utf8).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
  }
}
