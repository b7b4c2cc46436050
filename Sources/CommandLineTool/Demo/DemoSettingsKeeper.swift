import Runtime
import Synchronization

/// The settings that were found, and those that the story has asked for since: at its end the found
/// ones are put back.
final class DemoSettingsKeeper: Sendable {
  /// The result of putting the found settings back.
  enum Restored: Hashable, Sendable {
    case unchanged
    case putBack(DemoSettings)
    /// Another person has changed them since.
    case left(DemoSettings)
  }

  private let requests: DemoRequests
  private let identifier: @Sendable () -> Identifier
  private let found: DemoSettings
  private let wanted = Mutex<Set<DemoSettings.Values>>([])

  /// Reads the settings in force.
  init(_ requests: DemoRequests, identifier: @escaping @Sendable () -> Identifier) async throws {
    self.requests = requests
    self.identifier = identifier
    found = try await Self.inForce(requests)
  }

  /// Changes the fee.
  ///
  /// - Returns: the settings before and after the change.
  func changeFee() async throws -> (before: DemoSettings, after: DemoSettings) {
    let before = try await Self.inForce(requests)
    let values = before.values.withAnotherFee
    // Also a change whose answer is lost is put back.
    wanted.withLock { _ = $0.insert(values) }
    let after = try await requests.changeSettings(
      to: values, seen: before.version, request: identifier().description)
    return (before, after)
  }

  /// Puts the found settings back, unless another person has changed them.
  func restore() async throws -> Restored {
    let now = try await Self.inForce(requests)
    guard now.values != found.values else { return .unchanged }
    guard wanted.withLock({ $0.contains(now.values) }) else { return .left(now) }
    return .putBack(
      try await requests.changeSettings(
        to: found.values, seen: now.version, request: identifier().description))
  }

  /// The sentence for a failure of ``restore()``.
  var notRestored: String {
    """
    The settings may not be as they were found, a fee of \(found.values.feeInWords) in version \
    \(found.version). Change them at \(requests.client(.alpha).address)/settings.
    """
  }

  private static func inForce(_ requests: DemoRequests) async throws -> DemoSettings {
    try await requests.get("/api/settings", from: .alpha, purpose: "Alpha to show the settings")
  }
}

extension DemoSettingsKeeper.Restored {
  var sentence: String {
    switch self {
    case .unchanged: "The settings are as they were found."
    case .putBack(let settings):
      """
      The settings are as they were found: a fee of \(settings.values.feeInWords), now version \
      \(settings.version).
      """
    case .left(let settings):
      """
      The settings were changed by another person, and stay: a fee of \
      \(settings.values.feeInWords), version \(settings.version).
      """
    }
  }
}
