#include <mutex>
#include <string>
#include <unordered_map>

std::mutex cache_mutex;
std::unordered_map<std::string, std::string> cache;
std::string load(const std::string &key);

std::string lookup(const std::string &key) {
    cache_mutex.lock();
    auto found = cache.find(key);
    if (found == cache.end()) {
        cache.emplace(key, load(key));
    }
    std::string value = cache.at(key);
    cache_mutex.unlock();
    return value;
}
