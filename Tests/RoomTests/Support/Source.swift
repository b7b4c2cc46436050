import Events
import Foundation
import Schema

/// Another service's log, written by hand.
final class Source {
  private let stream: String
  private let epoch = Epoch(7)
  private var sequence: UInt64 = 0
  private var chain = Chain.zero
  private let world: World

  init(_ stream: String, _ world: World) {
    (self.stream, self.world) = (stream, world)
  }

  /// The next event of the log.
  func next(_ event: some Event, request: String = "work-1") throws -> Record {
    try next(event, about: event.subject, request: request)
  }

  /// The next event of the log, in any version.
  func next(
    _ payload: some Payload, about subject: String, request: String = "work-1"
  ) throws -> Record {
    let schema = type(of: payload).schema
    let topic = Topic(stream: stream, type: schema.type, version: schema.version)
    sequence += 1
    let body = try Envelope(
      id: world.identifier(), stream: stream, subject: subject, time: world.now,
      sequence: sequence, correlation: world.request(request), data: payload
    ).body()
    chain = chain.appending(topic: topic, body: body)
    return Record(
      topic: topic,
      header: Header(
        schemaVersion: schema.version, leastReader: schema.leastReader, epoch: epoch,
        sequence: sequence, committedAt: world.now, chain: chain), body: body)
  }
}
