/// The conditions that must always hold.
package enum Property: String, CaseIterable, Hashable, Sendable {
  case noFailure = "no service fails by itself"
  case oneChain = "every log is one chain"
  case durableBeforeHeard = "a published event is committed and on disk"
  case numbersOnce = "a published number is used for no other event"
  case prefix = "a follower's history is a prefix of its publisher's"
  case appliedOnce = "nothing is applied twice"
  case nothingSkipped = "a cursor passes only events that were applied or deferred"
  case acknowledgedIsApplied = "only applied events are acknowledged"
  case subjectOrder = "events of one subject are applied in order"
  case edits = "an edit of a dead letter changes its data alone, and never money"
  case leastReader = "only a build that may read an event applies it, before all that is live"
  case oneDecision = "an order is approved or rejected once"
  case oneOutcome = "an order is charged or declined once, and finalized once"
  case promise = "an order costs what was promised"
  case oneCharge = "the gateway charges an order once"
  case correlation = "all events of an order carry one request id"
  case ledger = "the ledger sums to zero and has the charged amounts"
  case feeReport = "the fee report has no false value"
  case answers = "an answer to a person is durable and true"
  case lossNamed = "only a restore loses anything, and exactly the events after the backup"
  case settings = "copies of the settings are versions that Alpha published, and never go back"
  case silence = "a service that has lost its history is silent"
  case leases = "a replica does the work of a role within its lease"
  case convergence = "when faults stop, everything converges"
}

/// A condition that must always hold does not.
package struct Violation: Error, CustomStringConvertible {
  package let property: Property
  /// The observation.
  package let message: String
  /// The orders and streams that it is about.
  let tags: [String]

  init(_ property: Property, _ message: String, _ tags: [String] = []) {
    self.property = property
    self.message = message
    self.tags = tags
  }

  /// The property and the observation.
  package var description: String { "\(property.rawValue): \(message)" }
}

/// Checks a condition.
func require(
  _ condition: Bool, _ property: Property, _ message: @autoclosure () -> String,
  _ tags: @autoclosure () -> [String] = []
) throws {
  guard condition else { throw Violation(property, message(), tags()) }
}
