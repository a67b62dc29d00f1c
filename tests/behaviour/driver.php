<?php
// Runs programs under observation on PHP: once without a fault, then with one injected at each step.
//
// stdin: {"cases": [{"id", "path", "locks", "runs"}]}.
// stdout: one JSON trace a line, as `tests/behaviour/trace.rs` reads it.
//
// Each run is a process of its own: `exit` ends it, classes are declared anew, and a lock that is
// waited for in vain is found out by its silence.

require __DIR__ . '/locks.php';

// More events than this is a loop that a fault made endless.
const RUNAWAY = 400;
// Whoever says nothing for this long waits for ever.
const SILENT_SECONDS = 2;

/** What an injected fault throws where handlers for exceptions see it. */
class Fault extends Exception
{
}

/** What an injected fault throws where they do not. */
class FaultError extends Error
{
}

/** One execution: the locks under watch, when and how to fail, and where to report to. */
final class Observation
{
    public static array $expressions = [];
    public static array $watched = [];
    public static array $depthAtWatch = [];
    public static int $faultAt = 0;
    public static string $mode = '';
    public static int $steps = 0;
    public static int $events = 0;
    public static array $initial = [];
    public static bool $over = false;
    /** Handles of files that this run has locked. */
    public static array $locked = [];
    /** @var resource */
    public static $report;
    /** Where files of the run are made: it is killed, so its parent clears up. */
    public static string $scratch;

    public static function say(array $message): void
    {
        fwrite(self::$report, json_encode($message, JSON_INVALID_UTF8_SUBSTITUTE) . "\n");
    }

    /** The depth of each lock that an expression names; 0 for what does not exist yet. */
    public static function named(): array
    {
        return array_map(function (string $expression): int {
            try {
                return held(Closure::bind(evaluator($expression), null, null)());
            } catch (Throwable $error) {
                return 0;
            }
        }, self::$expressions);
    }

    public static function locks(): array
    {
        return [...self::named(), ...array_map(fn ($lock) => held($lock), self::$watched)];
    }

    public static function record(string $name): void
    {
        if (self::$over) {
            return;
        }
        if (++self::$events > RUNAWAY) {
            throw new RuntimeException('runaway');
        }
        self::say(['event' => ['name' => $name, 'held' => self::locks()]]);
    }

    public static function end(string $kind, string $text, bool $exits = false): void
    {
        if (self::$over) {
            return;
        }
        // The end of the process frees everything.
        $final = $exits ? array_fill(0, count(self::$expressions) + count(self::$watched), 0) : self::locks();
        self::$over = true;
        self::say(['end' => [
            'outcome' => ['kind' => $kind, 'text' => $text],
            'initial' => [...self::$initial, ...self::$depthAtWatch],
            'final' => $final,
            'steps' => self::$steps,
        ]]);
    }
}

/** A function that evaluates the expression with the program's variables. */
function evaluator(string $expression): Closure
{
    return function () use ($expression) {
        extract($GLOBALS, EXTR_SKIP);
        return @eval("return $expression;");
    };
}

function step(string $name, mixed $value = null): mixed
{
    Observation::record($name);
    if (++Observation::$steps === Observation::$faultAt) {
        throw Observation::$mode === 'error' ? new FaultError("fault in $name") : new Fault("fault in $name");
    }
    return $value;
}

function watch(mixed $lock): mixed
{
    Observation::$watched[] = $lock;
    Observation::$depthAtWatch[] = held($lock);
    return $lock;
}

/** A new file, opened. */
function scratch(string $name): mixed
{
    return fopen(tempnam(Observation::$scratch, "$name-"), 'c+');
}

/** What a run sees while somebody else holds the file. */
function holding(mixed $file, callable $call): mixed
{
    $other = fopen(stream_get_meta_data($file)['uri'], 'c+');
    flock($other, LOCK_EX);
    try {
        return $call();
    } finally {
        fclose($other);
    }
}

/** Locks a file as PHP does, and tells when the very handle has it already: PHP grants that silently. */
function watched_flock($file, int $operation, mixed &$wouldBlock = null): bool
{
    $shares = $operation & 3;
    if ($shares !== LOCK_UN && in_array($file, Observation::$locked, true)) {
        Observation::record('refused to itself');
    }
    $done = flock($file, $operation, $wouldBlock);
    if ($done) {
        Observation::$locked = array_filter(Observation::$locked, fn($other) => $other !== $file);
        if ($shares !== LOCK_UN) {
            Observation::$locked[] = $file;
        }
    }
    return $done;
}

/** The text of a program; what it calls `flock` is watched. */
function watched_text(string $path): string
{
    return preg_replace('/(?<![\w>:$\\\\])(?<!function )flock\s*\(/', 'watched_flock(', file_get_contents($path));
}

function show(mixed $value): string
{
    return is_object($value) ? get_class($value) : (is_resource($value) ? 'resource' : var_export($value, true));
}

/** What a handler can see of an exception. */
function show_error(Throwable $error): string
{
    $said = [];
    for ($one = $error; $one !== null; $one = $one->getPrevious()) {
        $said[] = get_class($one) . ': ' . $one->getMessage();
    }
    return implode(' from ', $said);
}

/** Puts the answers of one run together. */
function trace(array $case, int $run, int $fault, string $mode, $answers, int $child): array
{
    $trace = [
        'case' => $case['id'], 'run' => $run, 'fault' => $fault, 'mode' => $mode, 'events' => [],
        'initial' => [], 'final' => [], 'outcome' => ['kind' => 'hang', 'text' => ''], 'steps' => 0,
    ];
    stream_set_timeout($answers, SILENT_SECONDS);
    while (($line = fgets($answers)) !== false) {
        $message = json_decode($line, true);
        if (isset($message['error'])) {
            $trace = ['case' => $case['id'], 'error' => $message['error']];
        } elseif (isset($message['event'])) {
            $trace['events'][] = $message['event'];
            $trace['final'] = $message['event']['held'];
        } elseif (isset($message['end'])) {
            $trace = $message['end'] + $trace;
            $trace = array_merge($trace, $message['end']);
        }
    }
    if (stream_get_meta_data($answers)['timed_out']) {
        posix_kill($child, SIGKILL);
        $trace['initial'] = array_map(fn () => 0, $trace['final']);
    }
    fclose($answers);
    pcntl_waitpid($child, $status);
    return $trace;
}

set_error_handler(function (int $level, string $message): bool {
    if (error_reporting() & $level) {
        throw new ErrorException("warning: $message");
    }
    return true;
});

Observation::$scratch = sys_get_temp_dir() . '/' . uniqid('lockfix-', true);
mkdir(Observation::$scratch);
$GLOBALS['__jobs'] = json_decode(stream_get_contents(STDIN), true)['cases'];
foreach ($__jobs as $__case) {
    $__error = false;
    $__modes = str_contains(file_get_contents($__case['path']), 'catch') ? ['raise', 'error'] : ['raise'];
    foreach ($__case['runs'] as $__run => $__expression) {
        $__plan = [[0, 'raise']];
        while (($__next = array_shift($__plan)) !== null && !$__error) {
            [$__fault, $__mode] = $__next;
            [$__answers, $__report] = stream_socket_pair(STREAM_PF_UNIX, STREAM_SOCK_STREAM, 0);
            $__child = pcntl_fork();
            if ($__child === 0) {
                fclose($__answers);
                fclose(STDOUT);
                Observation::$report = $__report;
                Observation::$expressions = $__case['locks'];
                Observation::$faultAt = $__fault;
                Observation::$mode = $__mode;
                Observation::$initial = array_map(fn () => 0, $__case['locks']);
                $__loading = true;
                register_shutdown_function(function () use (&$__loading) {
                    $error = error_get_last();
                    if ($error !== null && ($error['type'] & (E_ERROR | E_COMPILE_ERROR | E_PARSE)) !== 0) {
                        Observation::say(['error' => $error['message']]);
                        Observation::$over = true;
                    } elseif (!Observation::$over) {
                        Observation::record('exit');
                        Observation::end('value', 'exit', true);
                    }
                });
                ob_start(fn () => '');
                try {
                    eval('?>' . watched_text($__case['path']));
                    if ($__expression !== 'null') {
                        Observation::$initial = Observation::named();
                    }
                    $__value = eval("return $__expression;");
                    if ($__value instanceof Generator) {
                        $__value = iterator_to_array($__value, false);
                    }
                    Observation::end('value', show($__value));
                } catch (ParseError $__thrown) {
                    Observation::say(['error' => show_error($__thrown)]);
                    Observation::$over = true;
                } catch (Throwable $__thrown) {
                    $__text = show_error($__thrown);
                    unset($__thrown);
                    Observation::end('throw', $__text);
                }
                posix_kill(getmypid(), SIGKILL);
            }
            fclose($__report);
            $__trace = trace($__case, $__run, $__fault, $__mode, $__answers, $__child);
            array_map('unlink', glob(Observation::$scratch . '/*'));
            $__error = isset($__trace['error']);
            if ($__fault === 0 && !$__error) {
                for ($__step = 1; $__step <= $__trace['steps']; $__step++) {
                    foreach ($__modes as $__kind) {
                        $__plan[] = [$__step, $__kind];
                    }
                }
            }
            echo json_encode($__trace), "\n";
        }
    }
}
rmdir(Observation::$scratch);
