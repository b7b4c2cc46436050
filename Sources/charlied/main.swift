// The process of Charlie, which is declared in the room of the same name.

import Charlie
import Daemon

await CharlieRoom.main()
