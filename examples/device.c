#include <errno.h>
#include <pthread.h>

struct device {
    pthread_mutex_t lock;
    int open;
};

int start(struct device *device);

int device_open(struct device *device)
{
    pthread_mutex_lock(&device->lock);
    if (device->open)
        return -EBUSY;
    int err = start(device);
    if (!err)
        device->open = 1;
    pthread_mutex_unlock(&device->lock);
    return err;
}
