import Foundation
import Glibc
import Synchronization

/// How a process ended.
enum Ending: Hashable, Sendable {
  case exited(Int32)
  case killed(signal: Int32)
}

/// A program that was started by a test, with all that it prints.
///
/// It is known by its pid alone, and nothing is signalled after it was reaped.
final class ChildProcess: Sendable {
  let name: String
  let pid: pid_t
  /// Everything that was printed, on both channels.
  let lines = Chronicle<OutputLine>()
  private let endings = Chronicle<Ending>()
  private let isReaped = Mutex(false)

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - path: the executable.
  ///   - arguments: its arguments, without its own name.
  ///   - environment: its whole environment.
  ///   - folder: its working directory.
  ///   - file: a descriptor that it has as its first one after the standard ones.
  init(
    _ path: String, _ arguments: [String] = [], environment: [String: String] = .forPrograms(),
    folder: String, passing file: Int32? = nil
  ) throws {
    name = path.split(separator: "/").last.map(String.init) ?? path
    let output = try Pipe()
    let error = try Pipe()
    let ended = try Pipe()
    pid = try spawn(
      path, arguments, environment, folder, output.writing, error.writing, passing: file)
    close(output.writing)
    close(error.writing)
    LastWill.shared.include(pid)
    Thread.detachNewThread { self.read(output.reading, error.reading, until: ended.reading) }
    Thread.detachNewThread { self.awaitExit(closing: ended.writing) }
  }

  var hasEnded: Bool { isReaped.withLock { $0 } }

  /// Sends a signal, unless the process has ended.
  func signal(_ signal: Int32) {
    isReaped.withLock { isReaped in
      if !isReaped { kill(pid, signal) }
    }
  }

  /// Waits until the process has ended, and all that it printed is in ``lines``.
  func ending(within limit: Duration = .seconds(20)) async throws -> Ending {
    do {
      return try await endings.first(within: limit) { _ in true }
    } catch {
      throw WaitFailure("\(name) did not end", limit, error, lines.all)
    }
  }

  /// Waits for a line, printed already or still to come.
  ///
  /// - Parameters:
  ///   - what: what is waited for, for the failure's sentence.
  ///   - count: the number of first lines to skip.
  func line(
    _ what: String, after count: Int = 0, within limit: Duration = .seconds(20),
    where matches: @escaping @Sendable (OutputLine) -> Bool
  ) async throws -> OutputLine {
    do {
      return try await lines.first(after: count, within: limit, where: matches)
    } catch {
      throw WaitFailure("\(name) did not print \(what)", limit, error, lines.all)
    }
  }

  private func awaitExit(closing file: Int32) {
    var info = siginfo_t()
    while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
    close(file)
  }

  /// Reads until the process has ended and both pipes are empty.
  ///
  /// A grandchild may still hold them open, so their end is not waited for.
  private func read(_ output: Int32, _ error: Int32, until ended: Int32) {
    var readers = [LineReader(output, .output, lines), LineReader(error, .error, lines)]
    var isOver = false
    while !isOver {
      var interests = (readers.map(\.file) + [ended]).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      poll(&interests, nfds_t(interests.count), -1)
      isOver = interests[2].revents != 0
      for index in readers.indices { readers[index].drain() }
    }
    for reader in readers { reader.finish() }
    for file in [output, error, ended] { close(file) }
    reap()
  }

  private func reap() {
    var status: Int32 = 0
    isReaped.withLock { isReaped in
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
      isReaped = true
    }
    LastWill.shared.leaveOut(pid)
    let signal = status & 0x7f
    lines.end()
    endings.append(signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal: signal))
    endings.end()
  }
}

/// Cuts what comes out of a pipe into lines.
private struct LineReader {
  /// Negative once it is at its end, which `poll` ignores.
  private(set) var file: Int32
  private let channel: OutputLine.Channel
  private let lines: Chronicle<OutputLine>
  private var rest: [UInt8] = []

  init(_ file: Int32, _ channel: OutputLine.Channel, _ lines: Chronicle<OutputLine>) {
    self.file = file
    self.channel = channel
    self.lines = lines
    _ = fcntl(file, F_SETFL, O_NONBLOCK)
  }

  mutating func drain() {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while file >= 0 {
      let count = read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { return }
      if count == 0 { file = -1 }
      rest += buffer.prefix(count)
      let pieces = rest.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      for piece in pieces.dropLast() { lines.append(OutputLine(channel, Array(piece))) }
      rest = pieces.last.map(Array.init) ?? []
    }
  }

  func finish() {
    if !rest.isEmpty { lines.append(OutputLine(channel, rest)) }
  }
}
