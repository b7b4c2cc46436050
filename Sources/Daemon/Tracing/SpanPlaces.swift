import Events
import Runtime

// The ids of spans. None is stored and none is sent beside `traceparent`: each is computed from what
// an event carries, equally before and after a restart.
//
// - A request is the span of its own `traceparent`.
// - Publishing an event is the span that the event's consequences name, `Envelope.consequence`.
// - The reaction of a service to an event is a number made from the two.

extension TraceParent {
  /// The span of publishing an event of this trace.
  func publishing(_ event: Identifier) -> TraceParent { span(event.low) }

  /// The span of the reaction of a service to an event of this trace.
  func reaction(of service: String, to event: Identifier) -> TraceParent {
    span(reactionNumber(of: service, to: event))
  }
}

extension Correlation {
  /// The span of this step of the work in a service: its reaction to the causing event, or the
  /// request.
  func step(in service: String) -> TraceParent {
    guard let causationID, trace == trace.publishing(causationID) else { return trace }
    return trace.reaction(of: service, to: causationID)
  }
}

/// A number for a service and an event: FNV-1a over the name, mixed with the event's id as in
/// SplitMix64.
private func reactionNumber(of service: String, to event: Identifier) -> UInt64 {
  var number: UInt64 = 0xcbf2_9ce4_8422_2325
  for byte in service.utf8 { number = (number ^ UInt64(byte)) &* 0x0100_0000_01b3 }
  number ^= (event.high &* 0x9e37_79b9_7f4a_7c15) ^ event.low
  number = (number ^ number >> 30) &* 0xbf58_476d_1ce4_e5b9
  number = (number ^ number >> 27) &* 0x94d0_49bb_1331_11eb
  return number ^ number >> 31
}
