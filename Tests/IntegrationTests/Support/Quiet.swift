import Testing

/// The positions of the streams and of their followers.
extension Deployment {
  /// The services of which a run has not been ended by the test.
  var running: [ServiceName] {
    ServiceName.allCases.filter { history($0).contains { !$0.child.hasEnded } }
  }

  /// Waits until every running follower has applied all events of the running services, and no
  /// further event was emitted meanwhile.
  ///
  /// - Returns: the ends of the logs.
  @discardableResult
  func quiet() async throws -> [ServiceName: Int64] {
    var heads = try await self.heads()
    while true {
      for follower in running {
        for stream in follower.follows {
          if let head = heads[stream] { try await applied(stream, to: head, by: follower) }
        }
      }
      let now = try await self.heads()
      if now == heads { return heads }
      heads = now
    }
  }

  private func heads() async throws -> [ServiceName: Int64] {
    var heads: [ServiceName: Int64] = [:]
    for service in running {
      heads[service] = try await http(service).get("/api/bus").json["stream"]["head"].int
    }
    return heads
  }

  /// Waits until a follower has applied a stream up to a number: this run or one before it.
  private func applied(_ stream: ServiceName, to sequence: Int64, by follower: ServiceName)
    async throws
  {
    let reaches: @Sendable (OutputLine) -> Bool = {
      $0.place(in: stream).map { $0 >= sequence } ?? false
    }
    guard !lines(follower).contains(where: reaches) else { return }
    try await logged("\(stream) up to \(sequence)", by: follower, where: reaches)
  }
}

extension OutputLine {
  /// The position of a follower in its stream, if the line has it.
  fileprivate func place(in stream: ServiceName) -> Int64? {
    if self.stream == stream.rawValue, !message.hasSuffix(" emitted") { return sequence }
    let prefix = "following \(stream) live from "
    return message.hasPrefix(prefix) ? Int64(message.dropFirst(prefix.count)) : nil
  }
}
