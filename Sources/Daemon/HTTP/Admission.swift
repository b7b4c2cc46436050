import HTTPTypes

/// Refuses a request by its header alone, before a byte of its body is read.
struct Admission: Sendable {
  let routes: [Route]
  /// The names of the service; nil where every name is served.
  var names: @Sendable () -> OwnNames? = { nil }
  var rates = CommandRates(limits: { .none })
  var limits = HTTPLimits()
  /// `alpha`, for the keys in remedies.
  let service: String
  /// The reason for which only probes and the files of pages are answered yet; nil once the service
  /// has started.
  var starting: @Sendable () -> Problem? = { nil }

  /// The refusal of a request; nil where it is accepted.
  func refusal(of head: IncomingRequest.Head, from peers: Peers) -> Problem? {
    do throws(Problem) {
      try checkTarget(head)
      try checkHost(head, peers: peers)
      try checkOrigin(head, peers: peers)
      try checkBody(head)
      try checkRoute(head)
      try checkRate(head, peers: peers)
      return nil
    } catch {
      return error
    }
  }

  private func checkTarget(_ head: IncomingRequest.Head) throws(Problem) {
    guard head.target.utf8.count <= limits.targetBytes else {
      throw .targetTooLong(limits.targetBytes)
    }
    guard head.target.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
      throw .malformedRequest("The target has bytes that are not visible ASCII.")
    }
  }

  private func checkHost(_ head: IncomingRequest.Head, peers: Peers) throws(Problem) {
    guard let authority = head.authority else {
      let count = head.headers[values: .host].count
      if head.isOld, count == 0 { return }
      throw .malformedRequest("The request has \(count == 0 ? "no" : "more than one") Host.")
    }
    guard let names = names(), !names.admits(authority: authority, at: peers) else { return }
    throw .misdirected(authority, service: service)
  }

  private func checkBody(_ head: IncomingRequest.Head) throws(Problem) {
    if let coding = head.headers[.transferEncoding], coding.lowercased() != "chunked" {
      throw .unknownTransferCoding(coding)
    }
    guard !head.isChunked || (head.length == nil && !head.isOld) else {
      throw .malformedRequest("The request has a Transfer-Encoding that it may not have.")
    }
    if let expectation = head.headers[.expect], expectation.lowercased() != "100-continue" {
      throw .unknownExpectation(expectation)
    }
    let coding = head.headers[.contentEncoding] ?? "identity"
    guard coding.lowercased() == "identity" else { throw .unsupportedCoding(coding) }
    guard (head.length ?? 0) <= limits.bodyBytes else { throw .bodyTooLarge }
  }

  /// Only a request that a route takes may send its body.
  private func checkRoute(_ head: IncomingRequest.Head) throws(Problem) {
    if let problem = starting(), !isAnsweredAtStart(head.pathAndQuery) { throw problem }
    let (route, _) = try routes.find(RequestTarget(head.method, head.pathAndQuery))
    guard head.expectsContinue, let needed = route.mediaType else { return }
    try head.headers.requireMediaType(needed)
  }

  /// Whether a target is answered before the service has started: probes, and the files of pages.
  private func isAnsweredAtStart(_ target: String) -> Bool {
    probePaths.contains(target) || PageAsset.routes.contains { $0.path == target }
  }

  private func checkRate(_ head: IncomingRequest.Head, peers: Peers) throws(Problem) {
    guard !head.isSafe, let wait = rates.take(for: peers) else { return }
    throw .tooManyCommands(service, wait: wait)
  }

  /// Refuses a command that a page of another site made a browser send.
  ///
  /// A browser sends the page's origin with every request that changes something, and whether it is
  /// the service's own (`Sec-Fetch-Site`). A program sends neither, and is served.
  private func checkOrigin(_ head: IncomingRequest.Head, peers: Peers) throws(Problem) {
    guard let names = names(), !head.isSafe else { return }
    if let origin = head.headers[.origin] {
      guard !names.admits(origin: origin, at: peers) else { return }
      throw .foreignOrigin(origin.quoted, service: service)
    }
    let site = head.headers[.secFetchSite]?.lowercased()
    guard site == "cross-site" || site == "same-site" else { return }
    throw .foreignOrigin("its browser sent \(site ?? "")", service: service)
  }
}

extension IncomingRequest.Head {
  /// Whether it changes nothing (RFC 9110, 9.2.1).
  var isSafe: Bool { [.get, .head, .options].contains(method) }
}
