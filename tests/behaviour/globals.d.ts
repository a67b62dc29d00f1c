// What the drivers give to every program.

/** Work that can fail. */
declare function step(name: string): void;
declare function step<T>(name: string, value: T): T;

/** Asynchronous work that can fail. */
declare function astep(name: string): Promise<void>;
declare function astep<T>(name: string, value: T): Promise<T>;

/** Puts a lock under watch. */
declare function watch<T>(lock: T): T;

/** The path of a new file that is removed afterwards. */
declare function scratch(name: string): string;
