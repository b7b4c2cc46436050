import Synchronization

/// Collects the results of pieces of work, and passes them on with the last.
final class ResultCollector<Value: Sendable>: Sendable {
  private let results: Mutex<[Int: Result<Value, any Error>]> = Mutex([:])
  private let count: Int
  private let completion: @Sendable ([Result<Value, any Error>]) -> Void

  init(count: Int, completion: @escaping @Sendable ([Result<Value, any Error>]) -> Void) {
    self.count = count
    self.completion = completion
  }

  func set(_ result: Result<Value, any Error>, at place: Int) {
    let all = results.withLock { results in
      results[place] = result
      return results.count == count ? (0..<count).compactMap { results[$0] } : nil
    }
    if let all { completion(all) }
  }
}
