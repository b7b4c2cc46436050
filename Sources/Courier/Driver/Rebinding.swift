import Events
import Glibc
import Logging
import ZeroMQ

/// Looks after the file of a bound `ipc://` endpoint, once a second.
///
/// If the file is deleted, peers can no longer connect. If another process binds the path, they
/// connect to that process. libzmq reports neither, so the file is compared by its inode.
struct Rebinding: Sendable {
  private let endpoint: String
  private let path: String?
  private let logger: Logger
  /// Takes whether the endpoint is bound.
  private let report: @Sendable (Binding.State) -> Void
  /// The file that this process has bound; nil while that is not sure.
  private var file: SocketFile?
  private var schedule = RebindSchedule()
  private var isShownAsBound = true

  /// - Parameters:
  ///   - endpoint: as it was bound.
  ///   - logger: takes what was found.
  ///   - report: takes whether it is bound.
  init(_ endpoint: String, logger: Logger, report: @escaping @Sendable (Binding.State) -> Void) {
    self.endpoint = endpoint
    self.logger = logger
    self.report = report
    path = SocketFile.path(of: endpoint)
    file = path.flatMap(Self.own)
  }

  /// The file at a path, if this process listens there.
  private static func own(_ path: String) -> SocketFile? {
    guard let file = try? SocketFile(at: path),
      let listener = try? SocketFile.listener(at: path), listener.pid == getpid(),
      (try? SocketFile(at: path)) == file
    else { return nil }
    return file
  }

  /// Binds the endpoint again when its path has disappeared or was taken over.
  ///
  /// If that fails, it is tried again later. Connected peers are served in any case.
  mutating func check(
    _ rebind: nonisolated(nonsending) (String) async throws -> Void
  ) async throws {
    guard let path else { return }
    let present = try? SocketFile(at: path)
    if file == nil { file = Self.own(path) }
    let isBound = present != nil && present == file
    if isBound { show(nil) }
    guard schedule.checked(isBound: isBound) else { return }
    let finding = Self.finding(path, isPresent: present != nil)
    do {
      try await rebind(endpoint)
      file = Self.own(path)
      schedule.succeeded()
      show(nil)
      logger.log(
        level: present == nil ? .notice : .error, "\(path) \(finding), and is bound again",
        metadata: ["event.action": "socket-bound-again"])
    } catch let error as ZeroMQError where error.code != .closed {
      let reason = "\(path) \(present == nil ? "has disappeared" : finding): \(error)"
      show(reason)
      guard schedule.failed() else { return }
      logger.error("\(reason). It is tried again until it works")
    }
  }

  /// - Parameter obstacle: the reason for which it is not bound; nil when it is.
  private mutating func show(_ obstacle: String?) {
    guard obstacle != nil || !isShownAsBound else { return }
    isShownAsBound = obstacle == nil
    report(obstacle.map { .waiting($0) } ?? .bound)
  }

  private static func finding(_ path: String, isPresent: Bool) -> String {
    guard isPresent else { return "had disappeared" }
    guard let thief = try? SocketFile.listener(at: path) else {
      return "was replaced by another file"
    }
    return """
      was taken over by process \(thief.pid) of user \(thief.uid): stop that process, and check \
      the permissions of the folder. Followers connected to it meanwhile. The path was taken back
      """
  }
}
