package import Journal
package import ZeroMQ

/// The sender of a request to a log, compared with the configuration: which consumers it may
/// acknowledge for.
///
/// A value, so that a daemon and a simulation decide alike.
package struct RequestOrigin: Sendable {
  /// The identity of a peer, as far as the transport proves it.
  package enum Identity: Hashable, Sendable {
    /// A process of this machine, as the kernel names it.
    case process(Peer)
    /// No proof, as over tcp: the name alone counts.
    case unproved
    /// No proof, although the transport proves other peers: no name is accepted.
    case concealed
  }

  private let identity: Identity
  private let expected: ExpectedConsumers
  /// The user and the group of the process that answers.
  private let own: Peer

  /// The origin of a request.
  ///
  /// - Parameters:
  ///   - identity: the sender, as far as the transport proves it.
  ///   - expected: the consumers of the configuration.
  ///   - own: the process that answers; its user and group may acknowledge for any consumer by
  ///     default.
  package init(_ identity: Identity, expected: ExpectedConsumers, own: Peer) {
    self.identity = identity
    self.expected = expected
    self.own = own
  }

  /// The reason for which the sender may not acknowledge for a consumer, with the key that changes
  /// it; nil when it may.
  package func objection(to consumer: String, of stream: String) -> String? {
    guard ExpectedConsumers.isName(consumer) else {
      return "a consumer's name is 1 to 64 visible ASCII characters"
    }
    guard expected.names.contains(consumer) else {
      return """
        \(consumer) is not a consumer of \(stream). Add it to \(stream).consumers, or follow \
        without ACK
        """
    }
    let key = "\(stream).consumers.users"
    switch identity {
    case .unproved: return nil
    case .concealed:
      return "the connection does not prove the user of the peer. Use ZMTP 3.0 or later"
    case .process(let peer):
      if let users = expected.users[consumer] {
        return users.contains(peer.uid)
          ? nil : "user \(peer.uid) may not acknowledge for \(consumer). Name that user in \(key)"
      }
      guard peer.uid != own.uid, peer.gid != own.gid else { return nil }
      return """
        user \(peer.uid) may not acknowledge for \(consumer): it has neither the user nor the group of \
        \(stream). Name it in \(key): \(consumer)=\(peer.uid)
        """
    }
  }

  /// Whether the sender's claim in a consumer's name may prove that a log has lost history.
  ///
  /// A peer that shares only the daemon's group acknowledges and does not accuse: one claim
  /// silences the log, and a group has many members.
  package func mayAccuse(for consumer: String, of stream: String) -> Bool {
    guard objection(to: consumer, of: stream) == nil else { return false }
    guard case .process(let peer) = identity, expected.users[consumer] == nil else { return true }
    return peer.uid == own.uid
  }
}

extension RequestOrigin.Identity: CustomStringConvertible {
  /// The peer, for a log line.
  package var description: String {
    switch self {
    case .process(let peer): "process \(peer.pid) of user \(peer.uid)"
    case .unproved, .concealed: "a peer"
    }
  }
}
