// The process of Beta, which is declared in the room of the same name.

import Beta
import Daemon

await BetaRoom.main()
