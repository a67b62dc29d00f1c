#include "observe.h"
