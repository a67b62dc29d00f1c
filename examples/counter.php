<?php

function countVisit(string $path): int
{
    $file = fopen($path, 'c+');
    flock($file, LOCK_EX);
    $visits = (int) fgets($file);
    if ($visits < 0) {
        throw new RuntimeException("$path is damaged");
    }
    rewind($file);
    fwrite($file, (string) ($visits + 1));
    flock($file, LOCK_UN);
    return $visits + 1;
}
