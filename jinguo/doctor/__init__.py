"""`jinguo doctor`: what is running, what lags, what is wrong, how to mend it. Reads only."""
