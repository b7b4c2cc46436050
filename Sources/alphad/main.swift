// The process of Alpha, which is declared in the room of the same name.

import Alpha
import Daemon

await AlphaRoom.main()
