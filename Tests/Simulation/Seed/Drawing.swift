/// Draws what happens in a run; each kind has its own random numbers.
struct Drawing {
  let seed: UInt64
  let until: Moment
  /// The services of which several replicas run.
  let replicated: [Service]
  private(set) var deeds: [(at: Moment, deed: Deed)] = []

  init(seed: UInt64, until: Moment, replicated: Set<Service>) {
    self.seed = seed
    self.until = until
    self.replicated = replicated.sorted()
  }

  mutating func drawPeople() {
    var random = Randomness(seed, for: "people")
    for number in 0..<random.number(5...20) {
      deeds.append((random.number(0...until * 4 / 5), .order(customer(number, &random))))
    }
    for _ in 0..<random.number(0...6) {
      let plan = SettingsPlan(
        fee: random.pick([0, 1, 250, 2500, 99_999]), feeEnabled: random.chance(70),
        discount: random.pick([0, 1, 1000, 1_000_000]), discountEnabled: random.chance(50),
        isStale: random.chance(20))
      deeds.append((random.number(0...until), .changeSettings(plan)))
    }
  }

  private func customer(_ number: Int, _ random: inout Randomness) -> CustomerPlan {
    let special = [
      "test-decline-funds", "test-fail-1", "test-fail-3", "test-slow-700", "test-slow-3000",
    ]
    return CustomerPlan(
      number: number, product: random.chance(60) ? "widget" : random.pick(special),
      price: random.pick([0, 1, 999, 1000, 123_456]),
      thinks: random.number(0...UInt64.seconds(4)), quotesAgain: random.chance(30),
      losesAnswer: random.chance(25), repeats: random.chance(30) ? random.number(1...2) : 0,
      orders: random.chance(25) ? random.number(2...3) : 1,
      mistakes: Set(CustomerMistake.allCases.filter { _ in random.chance(15) }),
      approves: random.chance(80), decidesAfter: random.number(0...UInt64.seconds(5)),
      secondThoughts: random.chance(30)
        ? (random.number(0...UInt64.seconds(10)), random.chance(50)) : nil)
  }

  mutating func drawFaults() {
    for kind in FaultKind.allCases {
      var random = Randomness(seed, for: "fault \(kind.rawValue)")
      guard !kind.isOfReplicas || !replicated.isEmpty, random.chance(kind.likelihood) else {
        continue
      }
      for _ in 0..<random.number(1...kind.most) {
        let at = random.number(0...until)
        deeds += draw(kind, at, &random).map { (at: $0.0, deed: $0.1) }
      }
    }
  }

  func edits() -> [DeadLetterEdit] {
    var random = Randomness(seed, for: "edits")
    return (0..<16).map { _ in random.pick(DeadLetterEdit.allCases) }
  }

  private func draw(_ kind: FaultKind, _ at: Moment, _ random: inout Randomness) -> [(Moment, Deed)]
  {
    let service = random.pick(Service.allCases)
    let end = min(until, at + random.number(UInt64.milliseconds(300)...UInt64.seconds(12)))
    switch kind {
    case .drop, .duplicate, .delay, .reorder:
      return [(at, .weather(random.pick(Link.all), weather(kind, &random), until: end))]
    case .partition:
      let other = random.pick(Service.allCases.filter { $0 != service })
      let links = [Link(from: service, to: other), Link(from: other, to: service)]
      return [(at, .cut(random.chance(50) ? links : Link.all(of: service), until: end))]
    case .oneWayPartition: return [(at, .cut([random.pick(Link.all)], until: end))]
    case .garbage:
      let link = random.pick(Link.all)
      return [(at, .garbage(link, count: random.number(1...20), seed: random.next()))]
    case .overflow:
      let capacity = random.number(1...3)
      return [(at, .narrow(random.pick(Link.all), capacity: capacity, until: end))]
    case .slowFollower:
      let pace = random.number(UInt64.milliseconds(20)...UInt64.milliseconds(2500))
      return [(at, .slow(service, microseconds: pace, until: end))]
    case .pause: return [(at, .pause(service, until: end))]
    case .kill: return kill(service, at, &random)
    case .powerCut: return [(at, .powerCut(service, downFor: downTime(&random)))]
    case .diskFull: return [(at, .diskFull(service, until: end))]
    case .failingReaction: return failing(service, at, &random)
    case .refusedProduct: return refusing(at, &random)
    case .refusedAnswer: return refusingAnswers(at, &random)
    case .clockJump: return [(at, .jump(service, by: jump(&random)))]
    case .restore, .rawCopy, .forgottenConsumer: return histories(kind, service, at, &random)
    case .versionSkew:
      let publisher = random.pick(Service.allCases.filter { !$0.pins.isEmpty })
      return [(at, .deploy(publisher, isPinned: random.chance(60), downFor: downTime(&random)))]
    case .oldReader:
      let end = min(until, at + random.number(UInt64.seconds(1)...UInt64.seconds(30)))
      return [(at, .deployOldBuild(.alpha, until: end, downFor: downTime(&random)))]
    case .lostAnswer, .stoppedHolder, .lostNotice: return [(at, replica(kind, at, &random))]
    }
  }

  private func weather(_ kind: FaultKind, _ random: inout Randomness) -> Weather {
    switch kind {
    case .drop: .dropping(percent: random.pick([5, 30, 70, 100]))
    case .duplicate: .duplicating(percent: random.pick([10, 50, 100]))
    case .delay: .delaying(upTo: random.number(UInt64.milliseconds(5)...UInt64.seconds(4)))
    default: .reordering(upTo: random.number(UInt64.milliseconds(1)...UInt64.milliseconds(500)))
    }
  }

  private func kill(_ service: Service, _ at: Moment, _ random: inout Randomness) -> [(
    Moment, Deed
  )] {
    let point = random.pick(CrashPoint.drawn)
    let inCharge = point == .chargeAsked || point == .chargeAnswered
    let victim = inCharge ? .charlie : service
    let moment = point == .migration ? 0 : at
    let cut = random.chance(40) ? random.number(0...UInt64.seconds(2)) : nil
    return [
      (moment, .kill(victim, at: point, downFor: downTime(&random), powerCutAfter: cut))
    ]
  }

  private func downTime(_ random: inout Randomness) -> UInt64 {
    random.chance(70)
      ? random.number(UInt64.milliseconds(1)...UInt64.seconds(1))
      : random.number(UInt64.seconds(1)...UInt64.seconds(15))
  }

  private func jump(_ random: inout Randomness) -> Int64 {
    let size = random.pick([1_000, 1_000_000, 90_000_000, 3_600_000_000])
    return Int64(random.number(1...UInt64(size))) * (random.chance(50) ? 1 : -1)
  }

  /// A failure lasts for some attempts, or until events are dead letters: the pauses between ten
  /// attempts are long, and a clock that jumps makes them short.
  private func failing(_ service: Service, _ at: Moment, _ random: inout Randomness) -> [(
    Moment, Deed
  )] {
    let end = min(until, at + random.number(UInt64.seconds(2)...UInt64.seconds(25)))
    let failure: (Moment, Deed) = (at, .fail(service, until: end))
    guard random.chance(50) else { return [failure] }
    let jumps = stride(from: at, to: end, by: Int(UInt64.milliseconds(1500)))
    var deeds = [failure] + jumps.map { ($0, Deed.jump(service, by: 95_000_000)) }
    if random.chance(60) {
      let kill = Deed.kill(
        service, at: .deadLetterMove, downFor: downTime(&random), powerCutAfter: nil)
      deeds.append((at + random.number(0...UInt64.seconds(15)), kill))
    }
    return deeds
  }

  /// Products are refused for so long that their events become dead letters.
  private func refusing(_ at: Moment, _ random: inout Randomness) -> [(Moment, Deed)] {
    let service = random.pick([Service.alpha, .charlie])
    let end = min(until, at + random.number(UInt64.seconds(20)...UInt64.seconds(40)))
    let jumps = stride(from: at, to: end, by: Int(UInt64.milliseconds(1500)))
    return [(at, .refuseProducts(service, until: end))]
      + jumps.map { ($0, Deed.jump(service, by: 95_000_000)) }
  }

  /// Answers cannot be stored for so long that they come again.
  private func refusingAnswers(_ at: Moment, _ random: inout Randomness) -> [(Moment, Deed)] {
    let end = min(until, at + random.number(UInt64.seconds(4)...UInt64.seconds(20)))
    let failure: (Moment, Deed) = (at, .refuseAnswers(until: end))
    guard random.chance(50) else { return [failure] }
    let kill = Deed.kill(
      .charlie, at: .answerUnstored, downFor: downTime(&random), powerCutAfter: nil)
    return [failure, (at, kill)]
  }

  /// A holder stops for longer than a lease.
  private func replica(_ kind: FaultKind, _ at: Moment, _ random: inout Randomness) -> Deed {
    let service = random.pick(replicated)
    let end = min(until, at + random.number(UInt64.seconds(6)...UInt64.seconds(18)))
    let fault: ReplicaFault =
      switch kind {
      case .lostAnswer: .losesAnswers
      case .lostNotice: .hearsNothing
      default: random.chance(50) ? .stops : .stopsInTransaction
      }
    return .replica(fault, of: service, until: end)
  }

  private func histories(
    _ kind: FaultKind, _ service: Service, _ at: Moment, _ random: inout Randomness
  ) -> [(Moment, Deed)] {
    let age = random.number(UInt64.milliseconds(1)...UInt64.seconds(20))
    let earlier = at - min(at, age)
    switch kind {
    case .restore: return [(earlier, .backUp(service)), (at, .restore(service, age: age))]
    case .rawCopy: return [(earlier, .backUp(service)), (at, .rawCopy(service, age: age))]
    default:
      let publisher = random.pick(service.follows.isEmpty ? [.alpha] : service.follows)
      return [(at, .forget(consumer: service, of: publisher))]
    }
  }
}

extension FaultKind {
  /// In how many of a hundred seeds it occurs.
  fileprivate var likelihood: Int {
    switch self {
    case .kill: 60
    case _ where isOfReplicas: 80
    case .restore: 15
    case .rawCopy, .forgottenConsumer: 8
    default: 35
    }
  }

  /// How often at most in such a seed.
  fileprivate var most: Int {
    switch self {
    case .kill: 8
    case .restore, .rawCopy, .forgottenConsumer, .refusedProduct, .refusedAnswer, .oldReader: 2
    case .diskFull: 3
    default: 6
    }
  }
}

extension Link {
  /// Everything from and to a service.
  fileprivate static func all(of service: Service) -> [Link] {
    all.filter { $0.from == service || $0.to == service }
  }
}
