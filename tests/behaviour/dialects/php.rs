//! PHP.

use super::javascript::SCRIPT;
use super::joined;
use crate::print::{Dialect, Told, Words};
use crate::programs::Features;

const PHP_WORDS: Words = Words {
    features: Features {
        labels: false,
        // There, it means `break`.
        continues_in_switch: false,
        // A closure sees no variables but those that it lists.
        captures: false,
        ..SCRIPT.features
    },
    indent: "    ",
    step: "step('@')",
    step_of: "step('@', ~)",
    declare: "$@ = ~",
    variable: "$@",
    if_flag: "if ($flag#)",
    flag: "$flag#",
    switch: "switch ($way)",
    closure: "$f# = function () use ($flag0, $flag1, $flag2, $flag3, $way)",
    call_closure: "$f#()",
    answer: "$ok# = ~",
    answered: ["$ok#", "!$ok#"],
    loop_twice: "foreach ([1, 2] as $turn)",
    catch: "catch (Exception $error)",
    throw: "throw new RuntimeException('t#')",
    told: Told {
        define: &[
            "private function tells(bool &$told, string $name, bool $value): void",
            "{",
            "    step($name);",
            "    $told = $value;",
            "}",
            "",
        ],
        begin: &["$told = $flag0;"],
        tell: "$this->tells($told, '@', ~)",
        set: "$told = ~",
        asked: ["$told", "!$told"],
        ..SCRIPT.told
    },
    ..SCRIPT
};

/// A lock of PHP, in a property.
const fn php(head: &'static str, foot: &'static str) -> Dialect {
    Dialect {
        words: &PHP_WORDS,
        file_name: "generated.php",
        head,
        function: "public function work($flag0, $flag1, $flag2, $flag3, int $way)",
        foot,
        level: 1,
        acquire: "$this->@->lock()",
        release: "$this->@->unlock()",
        taken: "$this->@->lock(0)",
        not_taken: "!$this->@->lock(0)",
        guard: "",
        watched: "$work->@",
        call: |flags, way| format!("$work->work({}, {way})", joined(flags, "true", "false")),
    }
}

/// Every kind of lock that PHP programs are written with.
pub const PHP: [Dialect; 4] = [
    php(
        "<?php\n\nfinal class Work\n{\n    public function __construct(\n        \
         <<    public SyncMutex $@,\n    >>) {\n    }\n\n",
        "}\n\n$work = new Work(<<new SyncMutex(), >>);\n",
    ),
    Dialect {
        acquire: "$this->@->acquire(true)",
        release: "$this->@->release()",
        taken: "$this->@->acquire()",
        not_taken: "!$this->@->acquire()",
        ..php(
            "<?php\n\nuse Symfony\\Component\\Lock\\{Lock, LockInterface};\n\nfinal class Work\n{\n    \
             public function __construct(\n        <<    public LockInterface $@,\n    >>) {\n    }\n\n",
            "}\n\n$work = new Work(<<new Lock(), >>);\n",
        )
    },
    Dialect {
        acquire: "$this->@->block(1)",
        release: "$this->@->release()",
        taken: "$this->@->get()",
        not_taken: "!$this->@->get()",
        ..php(
            "<?php\n\nuse Illuminate\\Cache\\Lock;\n\nfinal class Work\n{\n    \
             public function __construct(\n        <<    public Lock $@,\n    >>) {\n    }\n\n",
            "}\n\n$work = new Work(<<new Lock(), >>);\n",
        )
    },
    Dialect {
        acquire: "flock($this->@, LOCK_EX)",
        release: "flock($this->@, LOCK_UN)",
        taken: "flock($this->@, LOCK_EX | LOCK_NB)",
        not_taken: "!flock($this->@, LOCK_EX | LOCK_NB)",
        ..php(
            "<?php\n\nfinal class Work\n{\n<<    public $@;\n>>\n",
            "}\n\n$work = new Work();\n<<$work->@ = scratch('@');\n>>",
        )
    },
];
