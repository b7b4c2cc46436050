/// Leaves acts out, by halves and at last one by one, as long as what is left still fails (delta
/// debugging).
struct Shrinking {
  /// The fewest acts that were found to fail.
  private(set) var acts: [Act]
  /// How often it was tried.
  private(set) var runs = 0

  init(_ acts: [Act], limit: Int, fails: ([Act]) -> Bool) {
    self.acts = acts
    var chunk = max(1, acts.count / 2)
    while runs < limit {
      let before = self.acts.count
      leaveOut(chunk, limit: limit, fails)
      if chunk == 1, self.acts.count == before { return }
      chunk = max(1, chunk / 2)
    }
  }

  private mutating func leaveOut(_ chunk: Int, limit: Int, _ fails: ([Act]) -> Bool) {
    var start = 0
    while start < acts.count, runs < limit {
      var kept = acts
      kept.removeSubrange(start..<min(start + chunk, acts.count))
      runs += 1
      if fails(kept) { acts = kept } else { start += chunk }
    }
  }
}
