/// The differences between the configuration in force and one that was read again.
struct ConfigurationChanges: Sendable {
  /// A key whose value differs.
  struct Change: Hashable, Sendable, CustomStringConvertible {
    /// The key with its service: `alpha.log.level`.
    let key: String
    let old: String
    let new: String

    /// For example `alpha.log.level info -> debug`.
    var description: String { "\(key) \(old) -> \(new)" }
  }

  /// The changes that take effect now.
  private(set) var applied: [Change] = []
  /// The changes that take effect at the next start.
  private(set) var deferred: [Change] = []
  /// The configuration in force from now on: the new values of reloadable keys, the old ones of all
  /// others.
  private(set) var configuration: ServiceConfiguration

  /// Compares two configurations of one service.
  ///
  /// - Parameters:
  ///   - old: the configuration in force.
  ///   - new: the one that was read.
  init(from old: ServiceConfiguration, to new: ServiceConfiguration) {
    configuration = old
    configuration.file = new.file
    for (index, (before, after)) in zip(old.entries, new.entries).enumerated() {
      let isReloadable = after.key.isReloadable
      if isReloadable { configuration.entries[index] = after }
      guard before.value != after.value else { continue }
      let change = Change(
        key: "\(old.service).\(after.key.name)", old: before.value.shown, new: after.value.shown)
      if isReloadable { applied.append(change) } else { deferred.append(change) }
    }
  }
}

extension ConfigurationValue {
  fileprivate var shown: String { text.isEmpty ? "none" : text }
}
