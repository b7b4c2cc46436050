import Alpha
import Beta
import Charlie
import Daemon
import Events
import Overlord

/// The four services, in the order in which they are always gone through.
package enum Service: String, CaseIterable, Hashable, Comparable, Sendable,
  CustomStringConvertible
{
  case alpha, beta, charlie, overlord

  var room: any Room.Type {
    switch self {
    case .alpha: AlphaRoom.self
    case .beta: BetaRoom.self
    case .charlie: CharlieRoom.self
    case .overlord: OverlordRoom.self
    }
  }

  /// The oldest version of each event that it can publish.
  var pins: [String: UInt16] {
    room.publishes.reduce(into: [:]) { pins, event in
      pins[event.schema.type] = event.past.first { $0 is any Downcastable.Type }?.schema.version
    }
  }

  var follows: [Service] { room.follows.compactMap(Service.init) }

  /// The name.
  package var description: String { rawValue }

  /// By the name.
  package static func < (left: Service, right: Service) -> Bool {
    left.rawValue < right.rawValue
  }
}

/// One way of the network between two services.
struct Link: Hashable, Comparable, Sendable, CustomStringConvertible {
  let from: Service
  let to: Service

  static let all = Service.allCases.flatMap { from in
    Service.allCases.filter { $0 != from }.map { Link(from: from, to: $0) }
  }

  var description: String { "\(from.rawValue)->\(to.rawValue)" }

  static func < (left: Link, right: Link) -> Bool {
    (left.from, left.to) < (right.from, right.to)
  }
}
