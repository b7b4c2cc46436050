/// The situations that a run must meet beside faults, by the name under which each is counted.
enum Encounter: String, CaseIterable {
  case editTaken = "edit: taken"
  case moneyRefused = "edit: of money, refused"
  case dataRefused = "edit: of unreadable data, refused"
  case mended = "edit: an event is applied that was refused before"
  case tooNew = "old build: an event is too new"
  case takenUp = "old build: taken up after the upgrade"
  case callsTogether = "gateway: several calls share a commit"
  case callFailsAlone = "gateway: a call is booked beside one that cannot be"
  case answersTogether = "charging: several answers share a commit"
  case answerFailsAlone = "charging: an answer is stored beside one that cannot be"
  case foreignCommit = "replicas: another's commit is published"
  case appliedElsewhere = "replicas: another has applied the events"
  case roleTaken = "replicas: a role is taken over"
  case outlived = "replicas: one is killed, and another runs"
  case answerLostStored = "replicas: an answer is lost, and its commit was stored"
  case answerLostUnstored = "replicas: an answer is lost, and its commit was not stored"
  case takenFromStopped = "replicas: a role is taken from one that stands still"
  case stoppedWithLock = "replicas: one stands still in a transaction"
  case sessionEnded = "replicas: the session of one that stands still is ended"
  case killedWithAnswers = "charging: killed with several answers that are not stored"
}

extension Encounter {
  /// Those of several replicas of a service.
  static let ofReplicas: [Encounter] = [
    .foreignCommit, .appliedElsewhere, .roleTaken, .outlived, .answerLostStored,
    .answerLostUnstored, .takenFromStopped, .stoppedWithLock, .sessionEnded,
  ]
}

/// How often each fault and each point of a crash was really met, and not only drawn.
package struct Counts: Sendable {
  /// By the name of the point.
  package var crashes: [CrashPoint: Int] = [:]
  /// By kind.
  package var faults: [FaultKind: Int] = [:]
  /// By name: the actions of people and operators, and the answers of services.
  package var events: [String: Int] = [:]

  /// Nothing was met.
  package init() {}

  /// Both together.
  package mutating func add(_ other: Counts) {
    crashes.merge(other.crashes, uniquingKeysWith: +)
    faults.merge(other.faults, uniquingKeysWith: +)
    events.merge(other.events, uniquingKeysWith: +)
  }

  /// The points, the kinds of fault and the encounters that were never met.
  package var unmet: [String] {
    CrashPoint.allCases.filter { crashes[$0] == nil }.map { "crash \($0.rawValue)" }
      + FaultKind.allCases.filter { faults[$0] == nil }.map { "fault: \($0.rawValue)" }
      + Encounter.allCases.map(\.rawValue).filter { events[$0] == nil }
  }

  /// Those of ``unmet`` that several replicas of a service meet.
  package var unmetOfReplicas: [String] {
    let faults = FaultKind.ofReplicas.map { "fault: \($0.rawValue)" }
    return unmet.filter((faults + Encounter.ofReplicas.map(\.rawValue)).contains)
  }

  /// A line for each, those that were never met included.
  package var lines: [String] {
    let crashes = CrashPoint.allCases.map { ("crash \($0.rawValue)", self.crashes[$0] ?? 0) }
    let faults = FaultKind.allCases.map { ("fault: \($0.rawValue)", self.faults[$0] ?? 0) }
    let events = self.events.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return (crashes + faults + events).map { name, count in
      name + String(repeating: " ", count: max(1, 52 - name.count)) + String(count)
    }
  }
}

/// Counts in the course of a run.
final class Coverage {
  private(set) var counts = Counts()

  func hit(_ point: CrashPoint) { counts.crashes[point, default: 0] += 1 }
  func hit(_ kind: FaultKind) { counts.faults[kind, default: 0] += 1 }
  func hit(_ encounter: Encounter) { hit(encounter.rawValue) }
  func hit(_ event: String) { counts.events[event, default: 0] += 1 }
}
